#include "cluster/transport/local_transport.hpp"

#include "cluster/certificates/node_name.hpp"
#include "cluster/transport/lane_inbox.hpp"
#include "cluster/transport/lane_outbox.hpp"
#include "cluster/transport/link_greeting.hpp"
#include "runtime/worker_thread.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto first_local_port = std::uint16_t{49152};

std::string place_of(const std::string& host, std::uint16_t port) {
  return host + ":" + std::to_string(port);
}

} // namespace

struct local_network::shared_state {
  struct member {
    node_identity self;
    transport_events events;
    link_limits limits;
    std::map<std::string, link_peer, std::less<>> links;
    std::map<std::string, lane_sizes, std::less<>> under_way; ///< To that node.
    std::map<std::string, bool, std::less<>> was_refused;
  };
  using event = std::function<void()>;

  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::shared_ptr<member>, std::less<>> members;
  std::map<std::string, std::string, std::less<>> places; ///< To node.
  std::deque<event> due;
  std::uint16_t next_port = first_local_port;
  bool is_over = false;
  std::recursive_mutex delivering; ///< Held during each event.

  /// Under `mutex`. Told only if the node is still there by then.
  void tell(const std::shared_ptr<member>& to,
            std::function<void(const transport_events&)> what) {
    due.push_back([this, to, what = std::move(what)] {
      {
        const auto guard = std::lock_guard{mutex};
        const auto found = members.find(to->self.name);
        if (found == members.end() || found->second != to)
          return;
      }
      what(to->events);
    });
    changed.notify_one();
  }

  [[nodiscard]] std::shared_ptr<member> find(const std::string& node) const {
    const auto found = members.find(node);
    return found == members.end() ? nullptr : found->second;
  }

  /// One event; false: none is due.
  bool deliver_one() {
    auto next = event{};
    const auto turn = std::lock_guard{delivering};
    {
      const auto guard = std::lock_guard{mutex};
      if (due.empty())
        return false;
      next = std::move(due.front());
      due.pop_front();
    }
    next();
    return true;
  }

  void work() {
    for (;;) {
      {
        auto lock = std::unique_lock{mutex};
        changed.wait(lock, [&] { return is_over || !due.empty(); });
        if (is_over)
          return;
      }
      deliver_one();
    }
  }

  /// Under `mutex`.
  void cut(const std::shared_ptr<member>& one,
           const std::shared_ptr<member>& other, const std::string& reason) {
    for (const auto& [at, gone] : {std::pair{one, other}, {other, one}}) {
      if (at->links.erase(gone->self.name) == 0)
        continue;
      at->under_way.erase(gone->self.name);
      at->was_refused.erase(gone->self.name);
      tell(at, [loss = link_loss{gone->self, reason}](const auto& events) {
        events.lost(loss);
      });
    }
  }

  void give_back(const std::weak_ptr<member>& from, const std::string& node,
                 link_lane lane, std::size_t share) {
    const auto guard = std::lock_guard{mutex};
    const auto sender = from.lock();
    if (!sender)
      return;
    const auto found = sender->under_way.find(node);
    if (found == sender->under_way.end())
      return;
    auto& used = found->second[index_of(lane)];
    used -= std::min(used, share);
    if (sender->was_refused[node]
        && used <= sender->limits.bulk_window_bytes / 2) {
      sender->was_refused[node] = false;
      tell(sender, [node](const auto& events) { events.room(node); });
    }
  }
};

class local_network::local_transport final : public transport {
public:
  local_transport(std::shared_ptr<shared_state> state,
                  std::shared_ptr<shared_state::member> self)
    : state_{std::move(state)}, self_{std::move(self)} {}

  ~local_transport() override {
    // No event of ours is under way once we are gone.
    const auto turn = std::lock_guard{state_->delivering};
    const auto guard = std::lock_guard{state_->mutex};
    for (const auto& [node, other] : state_->members)
      if (other != self_)
        state_->cut(other, self_, "the node stops");
    std::erase_if(state_->places, [&](const auto& place) {
      return place.second == self_->self.name;
    });
    state_->members.erase(self_->self.name);
  }

  outcome<std::uint16_t> listen(const std::string& host,
                                std::uint16_t port) override {
    const auto guard = std::lock_guard{state_->mutex};
    if (port == 0)
      port = state_->next_port++;
    if (!state_->places.try_emplace(place_of(host, port), self_->self.name)
           .second)
      return fail(problem_kind::unavailable, "cannot listen at "
                                               + place_of(host, port)
                                               + ": somebody else does");
    return port;
  }

  outcome<void> connect(const std::string& node, const std::string& host,
                        std::uint16_t port,
                        std::chrono::milliseconds) override {
    if (auto checked = check_node_name(node); !checked)
      return checked;
    const auto guard = std::lock_guard{state_->mutex};
    if (node == self_->self.name)
      return fail(problem_kind::invalid_input,
                  "node \"" + node + "\" cannot be linked to itself");
    if (self_->links.contains(node))
      return fail(problem_kind::conflict,
                  "node \"" + node + "\" is linked or being dialed already");
    const auto place = place_of(host, port);
    const auto found = state_->places.find(place);
    const auto other
      = found == state_->places.end() ? nullptr : state_->find(found->second);
    if (!other) {
      refuse(node, place, "cannot connect: nobody listens there");
      return {};
    }
    auto context = greeting_context{};
    context.self = self_->self;
    context.expected = node;
    if (const auto objection
        = check_hello(hello_of(other->self, other->limits), context)) {
      refuse(node, place, *objection);
      return {};
    }
    join(self_, other, link_origin::dialed);
    join(other, self_, link_origin::accepted);
    return {};
  }

  outcome<void> send(const std::string& node, messages::Envelope envelope,
                     link_lane lane) override {
    envelope.set_protocol_version(link_protocol_version);
    envelope.set_sender(self_->self.name);
    envelope.set_sender_incarnation(self_->self.incarnation);
    const auto bytes = envelope.ByteSizeLong();
    const auto guard = std::lock_guard{state_->mutex};
    const auto other = state_->find(node);
    if (!other || !self_->links.contains(node))
      return fail(problem_kind::not_found,
                  "there is no link to node \"" + node + "\"");
    if (bytes > lane_inbox{other->limits}.envelope_bytes_max(lane))
      return fail(problem_kind::invalid_input,
                  "an envelope of " + std::to_string(bytes)
                    + " bytes is too long for node \"" + node + "\"",
                  "send it in pieces");
    const auto& limits = self_->limits;
    const auto window = lane == link_lane::urgent ? limits.urgent_window_bytes
                                                  : limits.bulk_window_bytes;
    auto& used = self_->under_way[node][index_of(lane)];
    if (used != 0 && used + window_share(bytes) > window) {
      self_->was_refused[node] = true;
      return fail(problem_kind::unavailable,
                  "overloaded: too much waits for node \"" + node + "\"",
                  "wait until there is room");
    }
    used += window_share(bytes);
    pass_on(other, std::move(envelope), lane, window_share(bytes));
    return {};
  }

  void disconnect(const std::string& node, const std::string& reason) override {
    const auto guard = std::lock_guard{state_->mutex};
    if (const auto other = state_->find(node))
      state_->cut(self_, other, reason);
  }

  outcome<void> use_credentials(const node_credentials&) override {
    return fail(problem_kind::invalid_input,
                "nodes of one process prove nothing to each other");
  }

  std::vector<link_peer> links() const override {
    const auto guard = std::lock_guard{state_->mutex};
    auto result = std::vector<link_peer>{};
    for (const auto& [node, peer] : self_->links)
      result.push_back(peer);
    return result;
  }

private:
  using member = shared_state::member;

  void refuse(const std::string& node, const std::string& place,
              const std::string& reason) {
    state_->tell(self_, [refusal = link_refusal{node, place, reason,
                                                link_origin::dialed, 0}](
                          const auto& events) { events.refused(refusal); });
  }

  void join(const std::shared_ptr<member>& at,
            const std::shared_ptr<member>& other, link_origin origin) {
    auto peer = link_peer{other->self, link_protocol_version, "local", origin};
    at->links[other->self.name] = peer;
    state_->tell(at, [peer](const auto& events) { events.up(peer); });
  }

  void pass_on(const std::shared_ptr<member>& to, messages::Envelope envelope,
               link_lane lane, std::size_t share) {
    auto incoming = std::make_shared<incoming_envelope>();
    incoming->envelope = std::move(envelope);
    incoming->lane = lane;
    const auto give_back
      = [state = std::weak_ptr{state_}, from = std::weak_ptr{self_},
         node = to->self.name, lane, share](const void*) {
          if (const auto network = state.lock())
            network->give_back(from, node, lane, share);
        };
    incoming->room = std::shared_ptr<const void>{incoming.get(), give_back};
    state_->tell(to, [incoming](const auto& events) {
      events.received(std::move(*incoming));
    });
  }

  std::shared_ptr<shared_state> state_;
  std::shared_ptr<member> self_;
};

local_network::local_network(delivery by)
  : state_{std::make_shared<shared_state>()} {
  if (by == delivery::on_own_thread)
    runtime::start_worker_thread("local_links", [state = state_] {
      state->work();
    }).detach();
}

local_network::~local_network() {
  const auto guard = std::lock_guard{state_->mutex};
  state_->is_over = true;
  state_->changed.notify_all();
}

std::unique_ptr<transport> local_network::join(node_identity self,
                                               transport_events events,
                                               link_limits limits) {
  auto made = std::make_shared<shared_state::member>();
  made->self = std::move(self);
  made->events = std::move(events);
  made->limits = limits;
  const auto guard = std::lock_guard{state_->mutex};
  state_->members[made->self.name] = made;
  return std::make_unique<local_transport>(state_, made);
}

std::size_t local_network::deliver() {
  auto count = std::size_t{0};
  while (state_->deliver_one())
    ++count;
  return count;
}

} // namespace troupe::cluster
