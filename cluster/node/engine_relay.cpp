#include "cluster/node/engine_relay.hpp"

#include "cluster/node/call_header.hpp"
#include "messages/engine_call.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/problem_message.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace troupe::cluster {

/// What the engine of this node answered.
struct engine_answered {
  engine::asker_id to = 0;
  std::vector<std::string> payloads;
};

/// Time to look for questions that have waited for too long.
struct relay_tick {};

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::engine_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::relay_tick)

namespace troupe::cluster {

namespace {

using namespace std::chrono_literals;

using engine::asker_id;
using runtime::problem;
using runtime::problem_kind;
using time_point = caf::actor_clock::time_point;

using private_relay_actor
  = engine_relay_actor::extend<caf::reacts_to<engine_answered>,
                               caf::reacts_to<relay_tick>>;

constexpr auto tick_interval = 100ms;
/// Other nodes' questions have numbers from here on.
constexpr auto first_remote = asker_id{1} << 63;

/// A question of this machine.
struct relayed_question {
  asker_id from = 0;
  call_header header;
  std::string payload;
  time_point until; ///< Until then it may wait for a leader.
};

/// Questions that take each other's places.
struct relay_lane {
  std::deque<relayed_question> waiting;
  std::size_t under_way = 0; ///< At another node.
};

/// Whoever asked from another node, and until when it waits.
struct remote_waiter {
  time_point until;
  caf::typed_response_promise<node_answer> promise;
};

/// A node, and what it asks: who waits for the end of a run asks again and
/// again, which is one question to the engine.
using remote_key = std::pair<std::string, std::string>;

struct remote_question {
  std::vector<remote_waiter> waiters;
  std::optional<remote_key> repeated; ///< Of who may ask again.
};

/// Of one asker.
using question_key = std::pair<asker_id, std::uint64_t>;

struct relay_state {
  static constexpr auto name = "engine_relay"; // Shown in logs.

  // An aggregate would be made from the actor.
  relay_state() = default;

  engine_relay_options options;
  engine::engine_desk_actor desk; ///< Null: the engine is not here.
  /// All that may still owe answers.
  std::vector<caf::actor_addr> desks;
  std::string leader;
  std::set<std::string> linked; ///< Nodes that can be asked.
  relay_lane brief; ///< Questions that are answered at once.
  relay_lane awaits; ///< Those for ends of runs.
  /// Questions for the end of a run that the engine of this node has.
  std::map<question_key, std::string> awaiting;
  std::set<asker_id> left; ///< Whose questions are still under way.
  std::map<asker_id, remote_question> remote;
  std::map<remote_key, asker_id> remote_awaits; ///< At the present desk.
  asker_id last_remote = first_remote;
  bool is_tick_due = false;

  relay_lane& lane_of(const call_header& header) {
    return header.is_await ? awaits : brief;
  }

  [[nodiscard]] std::size_t most(const call_header& header) const {
    return header.is_await ? options.awaits_max : options.questions_max;
  }

  /// However it ends, nobody waits for ever.
  ~relay_state() {
    for (auto& [id, question] : remote)
      for (auto& waiter : question.waiters)
        waiter.promise.deliver(runtime::to_error(
          runtime::fail(problem_kind::unavailable, "the node stops").value()));
  }
};

using relay_pointer = private_relay_actor::stateful_pointer<relay_state>;

void answer(const relay_state& state, const relayed_question& question,
            const problem& reason) {
  auto what = messages::EngineAnswer{};
  what.set_id(question.header.id);
  *what.mutable_problem()
    = runtime::to_problem_message<messages::ProblemReport>(reason);
  const auto payload = what.SerializeAsString();
  state.options.answers(question.from, std::span{&payload, 1});
}

void plan_tick(relay_pointer self) {
  auto& state = self->state;
  if ((state.brief.waiting.empty() && state.awaits.waiting.empty())
      || std::exchange(state.is_tick_due, true))
    return;
  self->delayed_send(self, tick_interval, relay_tick{});
}

/// Whether the engine went away before it could answer.
bool tells_of_end(const std::string& payload) {
  auto what = messages::EngineAnswer{};
  return what.ParseFromString(payload) && what.has_problem()
         && runtime::from_problem_message(what.problem()).kind
              == problem_kind::unavailable;
}

/// Until somebody leads.
void hold(relay_pointer self, relayed_question question) {
  auto& state = self->state;
  auto& lane = state.lane_of(question.header);
  if (lane.waiting.size() + lane.under_way >= state.most(question.header))
    return answer(state, question,
                  runtime::fail(problem_kind::unavailable,
                                "too many questions wait for a leader",
                                "try again in a few seconds")
                    .value());
  lane.waiting.push_back(std::move(question));
  plan_tick(self);
}

/// Whoever waits for the end of a run asks again as long as it takes.
void renew_patience(relay_pointer self, relayed_question& question) {
  if (question.header.is_await)
    question.until = self->clock().now() + self->state.options.patience;
}

/// No answer came from the node that leads, or led.
void take_failure(relay_pointer self, relayed_question question,
                  const problem& reason) {
  renew_patience(self, question);
  // It was not taken: it may go to another node.
  const auto may_repeat
    = reason.kind == problem_kind::conflict || question.header.is_await;
  if (may_repeat && question.until > self->clock().now())
    return hold(self, std::move(question));
  auto told = reason;
  told.kind = reason.kind == problem_kind::timeout ? problem_kind::timeout
                                                   : problem_kind::unavailable;
  told.message = "the node that leads did not answer: " + reason.message;
  told.hint = "it may have happened: look, or ask again with the same "
              "idempotency key";
  answer(self->state, question, told);
}

void ask_leader(relay_pointer self, relayed_question question) {
  auto& state = self->state;
  auto call = node_call{};
  call.node = state.leader;
  call.envelope.set_target(engine_target);
  call.envelope.set_type("EngineCall");
  call.envelope.set_body(question.payload);
  call.lane = link_lane::bulk;
  call.timeout = state.options.call_timeout;
  ++state.lane_of(question.header).under_way;
  const auto kept = std::make_shared<relayed_question>(std::move(question));
  const auto is_wanted = [self, kept] {
    --self->state.lane_of(kept->header).under_way;
    return !self->state.left.contains(kept->from);
  };
  self
    ->request(state.options.exchange, state.options.call_timeout + 1s,
              std::move(call))
    .then(
      [=](const node_answer& reply) {
        if (!is_wanted())
          return;
        const auto& payload = reply.envelope.body();
        if (kept->header.is_await && tells_of_end(payload)) {
          renew_patience(self, *kept);
          return hold(self, std::move(*kept));
        }
        self->state.options.answers(kept->from, std::span{&payload, 1});
      },
      [=](const caf::error& error) {
        if (is_wanted())
          take_failure(self, std::move(*kept),
                       runtime::to_problem(error, self->system()));
      });
}

/// To the engine, wherever it is.
void pass_on(relay_pointer self, std::vector<relayed_question> questions) {
  auto& state = self->state;
  if (!state.desk) {
    const auto is_reached = state.leader != state.options.self
                            && state.linked.contains(state.leader);
    for (auto& question : questions) {
      if (is_reached
          && state.lane_of(question.header).under_way
               < state.most(question.header))
        ask_leader(self, std::move(question));
      else
        hold(self, std::move(question));
    }
    return;
  }
  // Those of one asker together, as the engine takes them at once.
  for (auto at = questions.begin(); at != questions.end();) {
    auto together = engine::desk_questions{at->from, {}};
    for (; at != questions.end() && at->from == together.from; ++at) {
      if (at->header.is_await)
        state.awaiting.insert_or_assign({at->from, at->header.id}, at->payload);
      together.payloads.push_back(std::move(at->payload));
    }
    self->send(state.desk, std::move(together));
  }
}

void take_questions(relay_pointer self, const engine::desk_questions& asked) {
  auto questions = std::vector<relayed_question>{};
  const auto until = self->clock().now() + self->state.options.patience;
  for (const auto& payload : asked.payloads) {
    const auto header = header_of(payload);
    if (header.is_of_node && self->state.options.cluster)
      self->send(self->state.options.cluster,
                 engine::desk_questions{asked.from, {payload}});
    else
      questions.push_back({asked.from, header, payload, until});
  }
  pass_on(self, std::move(questions));
}

/// Whether what was waited for goes on, whatever the engine.
bool is_to_repeat(relay_pointer self, asker_id to, const std::string& payload) {
  auto& state = self->state;
  const auto of = state.awaiting.find({to, header_of(payload).id});
  if (of == state.awaiting.end())
    return false;
  auto question = std::move(state.awaiting.extract(of).mapped());
  if (!tells_of_end(payload))
    return false;
  const auto header = header_of(question);
  hold(self, {to, header, std::move(question),
              self->clock().now() + state.options.patience});
  return true;
}

void answer_remote(relay_state& state, asker_id to,
                   const std::string& payload) {
  auto of = state.remote.extract(to);
  if (of.empty())
    return;
  if (const auto& key = of.mapped().repeated) {
    const auto known = state.remote_awaits.find(*key);
    if (known != state.remote_awaits.end() && known->second == to)
      state.remote_awaits.erase(known);
  }
  auto reply = node_answer{};
  reply.envelope.set_type("EngineAnswer");
  reply.envelope.set_body(payload);
  for (auto& waiter : of.mapped().waiters)
    waiter.promise.deliver(reply);
}

void take_answers(relay_pointer self, engine_answered answered) {
  auto& state = self->state;
  if (answered.to >= first_remote) {
    if (!answered.payloads.empty())
      answer_remote(state, answered.to, answered.payloads.front());
    return;
  }
  if (!state.awaiting.empty())
    std::erase_if(answered.payloads, [&](const std::string& payload) {
      return is_to_repeat(self, answered.to, payload);
    });
  if (!answered.payloads.empty())
    state.options.answers(answered.to, answered.payloads);
}

/// Whether the engine is asked that already; then the answer goes there too.
bool join_await(relay_pointer self, const remote_key& key,
                const remote_waiter& waiter) {
  auto& state = self->state;
  const auto known = state.remote_awaits.find(key);
  if (known == state.remote_awaits.end())
    return false;
  auto& waiters = state.remote.at(known->second).waiters;
  const auto now = self->clock().now();
  std::erase_if(waiters, [&](remote_waiter& each) {
    if (each.until > now)
      return false;
    // Nobody listens any more.
    each.promise.deliver(runtime::to_error(
      runtime::fail(problem_kind::timeout, "the run goes on").value()));
    return true;
  });
  waiters.push_back(waiter);
  return true;
}

caf::result<node_answer> take_remote(relay_pointer self,
                                     const node_question& question) {
  auto& state = self->state;
  if (!state.desk)
    return runtime::to_error(
      runtime::fail(problem_kind::conflict, "the engine is not on this node")
        .value());
  const auto& envelope = question.what->envelope;
  auto promise = self->make_response_promise<node_answer>();
  auto waiter = remote_waiter{
    self->clock().now() + self->state.options.call_timeout, promise};
  auto made = remote_question{};
  const auto header = header_of(envelope.body());
  if (header.is_await)
    made.repeated = remote_key{envelope.sender(), envelope.body()};
  if (made.repeated && join_await(self, *made.repeated, waiter))
    return promise;
  const auto awaits = state.remote_awaits.size();
  const auto taken = header.is_await ? awaits : state.remote.size() - awaits;
  if (taken >= state.most(header))
    return promise.deliver(runtime::to_error(
      runtime::fail(problem_kind::conflict, "too many questions at this node")
        .value()));
  const auto id = ++state.last_remote;
  if (made.repeated)
    state.remote_awaits.emplace(*made.repeated, id);
  made.waiters.push_back(std::move(waiter));
  state.remote.emplace(id, std::move(made));
  self->send(state.desk, engine::desk_questions{id, {envelope.body()}});
  return promise;
}

/// Whoever waits may go on now, perhaps.
void retry_waiting(relay_pointer self) {
  auto& state = self->state;
  auto again = std::vector<relayed_question>{};
  for (auto* lane : {&state.brief, &state.awaits})
    for (auto& each : std::exchange(lane->waiting, {}))
      again.push_back(std::move(each));
  pass_on(self, std::move(again));
}

void open_desk(relay_pointer self, const engine_is_here& here) {
  self->state.desk = engine::spawn_engine_desk(
    self->system(), here.root,
    [address = caf::actor_cast<caf::actor_addr>(self)](
      asker_id to, std::span<const std::string> payloads) {
      if (const auto relay = caf::actor_cast<caf::actor>(address))
        caf::anon_send(relay,
                       engine_answered{to, {payloads.begin(), payloads.end()}});
    });
  auto& desks = self->state.desks;
  std::erase_if(desks, [](const caf::actor_addr& each) {
    return !caf::actor_cast<caf::actor>(each);
  });
  desks.push_back(self->state.desk.address());
  self->state.remote_awaits.clear(); // The former desk answers these.
  retry_waiting(self);
}

/// Timeouts of what a desk once asked keep it alive for minutes, and with it
/// the process.
void end(relay_pointer self, const caf::error& reason) {
  for (const auto& address : self->state.desks)
    if (const auto desk = caf::actor_cast<caf::actor>(address))
      caf::anon_send_exit(desk, caf::exit_reason::user_shutdown);
  self->quit(reason);
}

void take_late(relay_lane& from, time_point now,
               std::vector<relayed_question>& to) {
  const auto late = std::stable_partition(
    from.waiting.begin(), from.waiting.end(),
    [&](const relayed_question& each) { return each.until > now; });
  to.insert(to.end(), std::make_move_iterator(late),
            std::make_move_iterator(from.waiting.end()));
  from.waiting.erase(late, from.waiting.end());
}

void give_up_late(relay_pointer self) {
  auto& state = self->state;
  state.is_tick_due = false;
  const auto now = self->clock().now();
  auto given_up = std::vector<relayed_question>{};
  for (auto* lane : {&state.brief, &state.awaits})
    take_late(*lane, now, given_up);
  for (const auto& question : given_up)
    answer(state, question,
           runtime::fail(problem_kind::unavailable, "no node leads",
                         "see troupe cluster status")
             .value());
  retry_waiting(self);
  plan_tick(self);
}

/// Forgets what it asked; what is under way comes to nothing.
void forget_asker(relay_state& state, asker_id who) {
  for (auto* lane : {&state.brief, &state.awaits})
    std::erase_if(lane->waiting, [&](const relayed_question& each) {
      return each.from == who;
    });
  std::erase_if(state.awaiting,
                [&](const auto& each) { return each.first.first == who; });
  // Connections are never named twice; the newest ones are enough.
  constexpr auto left_max = std::size_t{1'000};
  if (state.brief.under_way + state.awaits.under_way != 0)
    state.left.insert(who);
  else
    state.left.clear();
  if (state.left.size() > left_max)
    state.left.erase(state.left.begin());
}

void note_link(relay_pointer self, const link_change& change) {
  auto& linked = self->state.linked;
  if (!change.is_up)
    linked.erase(change.peer.node.name);
  else if (linked.insert(change.peer.node.name).second)
    retry_waiting(self);
}

private_relay_actor::behavior_type
engine_relay(relay_pointer self, const engine_relay_options& options) {
  self->state.options = options;
  self->set_exit_handler(
    [=](const caf::exit_msg& message) { end(self, message.reason); });
  self->send(options.exchange,
             serve_target{engine_target,
                          caf::actor_cast<node_service_actor>(self)});
  self->send(options.exchange,
             watch_links{caf::actor_cast<link_watcher_actor>(self)});
  return {
    [=](const engine::desk_questions& asked) { take_questions(self, asked); },
    [=](const node_question& question) { return take_remote(self, question); },
    [=](const engine_is_here& here) { open_desk(self, here); },
    // What the engine still owes is answered, and then the desk ends.
    [=](engine_is_gone) { self->state.desk = nullptr; },
    [=](const leader_is& now) {
      self->state.leader = now.node;
      retry_waiting(self);
    },
    [=](const link_change& change) { note_link(self, change); },
    [=](const asker_left& gone) { forget_asker(self->state, gone.who); },
    [=](engine_answered& answered) { take_answers(self, std::move(answered)); },
    [=](relay_tick) { give_up_late(self); },
  };
}

} // namespace

engine_relay_actor spawn_engine_relay(caf::actor_system& system,
                                      engine_relay_options options) {
  return system.spawn(engine_relay, std::move(options));
}

} // namespace troupe::cluster
