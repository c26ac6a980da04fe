#include "tests/cluster/hosting/hosting_world.hpp"

#include "tests/cluster/hosting/hosting_samples.hpp"

#include <algorithm>
#include <utility>

namespace troupe::tests {

using namespace cluster;
using status = world_task::status;

namespace {

constexpr auto tasks_count = std::size_t{8};
constexpr auto chaos_steps = 160;
constexpr auto calm_steps = 3'000;

std::string text_of(const messages::ActivityRef& ref) {
  return ref.step() + "/" + std::to_string(ref.claim()) + "@"
         + std::to_string(ref.epoch());
}

} // namespace

// -- the host
// ------------------------------------------------------------------

void world_host::hear_next() {
  const auto order = std::move(told.front());
  told.pop_front();
  const auto find = [this](const messages::ActivityRef& ref) {
    return std::ranges::find(running, text_of(ref), [](const activity& each) {
      return text_of(each.ref);
    });
  };
  for (const auto& request : order.run().activities()) {
    for (auto& each : running)
      if (each.ref.step() == request.ref().step())
        each.is_superseded = true;
    running.push_back({request.ref(), request.input_json()});
  }
  for (const auto& ref : order.keep().refs())
    if (const auto found = find(ref); found != running.end())
      found->ref.set_epoch(order.keep().epoch());
  // A cancelled one ends as any other, when chance wants it.
}

void world_host::end(std::size_t which) {
  const auto ended = running[which];
  running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
  auto reports = messages::ActivityReports{};
  reports.set_credit(1);
  if (!ended.is_superseded) {
    auto& success = *reports.add_reports()->mutable_succeeded();
    *success.mutable_ref() = ended.ref;
    success.set_output_json(ended.id);
  }
  said.push_back(std::move(reports));
}

// -- the world
// -----------------------------------------------------------------

hosting_world::hosting_world(std::uint64_t seed)
  : draw_{seed, 0}, tasks_(tasks_count), work_{batch_limits{3, 400}, 3} {
  places_ = 1 + draw_.below(4);
  work_.welcome_host(offer_of(places_));
  elect();
}

void hosting_world::complain(const std::string& what) {
  if (complaint.empty())
    complaint = "at " + std::to_string(now_) + ": " + what;
}

/// On its way: perhaps twice, perhaps never.
void hosting_world::post(std::function<void()> what) {
  if (!is_calm_ && draw_.chance(20))
    return;
  const auto delay
    = [this] { return now_ + 1 + draw_.below(is_calm_ ? 2 : 12); };
  if (!is_calm_ && draw_.chance(15))
    under_way_.emplace(delay(), what);
  under_way_.emplace(delay(), std::move(what));
}

void hosting_world::deliver_due() {
  while (!under_way_.empty() && under_way_.begin()->first <= now_)
    under_way_.extract(under_way_.begin()).mapped()();
}

void hosting_world::step() {
  ++now_;
  deliver_due();
  if (!is_calm_ && draw_.chance(3))
    elect();
  if (!is_calm_ && draw_.chance(2))
    lose_session(*leaders_.back());
  if (!is_calm_ && draw_.chance(2))
    work_.end_session();
  for (const auto& leader : leaders_) {
    if (draw_.chance(15))
      post([this, leader] { hear_notice(leader); });
    if (draw_.chance(40))
      ask(leader);
  }
  lead();
  store(*leaders_.back());
  move_host();
  if (draw_.chance(40))
    ask_leader();
  check_credit();
}

void hosting_world::play() {
  for (auto i = 0; i < chaos_steps && complaint.empty(); ++i)
    step();
  is_calm_ = true;
  const auto is_done = [this] {
    return work_.size() == 0 && host_.running.empty() && host_.said.empty()
           && std::ranges::all_of(tasks_, [](const world_task& each) {
                return each.is == status::done;
              });
  };
  for (auto i = 0; i < calm_steps && complaint.empty() && !is_done(); ++i)
    step();
  if (complaint.empty() && !is_done())
    complain("it does not come to an end");
  check_end();
}

void hosting_world::check_credit() {
  if (host_.running.size() > places_)
    complain("more runs than there are places");
  const auto* session
    = followed_ && followed_->session ? &*followed_->session : nullptr;
  if (session == nullptr || !work_.has_session()
      || session->number != work_.opening().session())
    return;
  const auto& log = logs_[session->number];
  if (session->credit + (log.given - log.arrived) + host_.running.size()
      > places_)
    complain("more credit than places");
}

void hosting_world::check_end() {
  for (const auto& [number, log] : logs_)
    if (log.handed.size() > log.ordered.size()
        || !std::equal(log.handed.begin(), log.handed.end(),
                       log.ordered.begin()))
      complain("orders of session " + std::to_string(number)
               + " were not handed over once and in order");
  if (!complaint.empty())
    return;
  for (const auto& each : tasks_)
    if (each.effects != 1)
      complain("an end counted " + std::to_string(each.effects) + " times");
  for (const auto& id : started_)
    if (!heard_.contains(id) && !dropped_.contains(id))
      complain("nobody heard of the end of " + id);
}

// -- whoever leads
// -------------------------------------------------------------

void hosting_world::elect() {
  auto next = std::make_shared<world_leader>();
  next->epoch = leaders_.size() + 1;
  next->node = draw_.chance(50) || leaders_.empty()
                 ? "node-" + std::to_string(next->epoch)
                 : leaders_.back()->node;
  for (auto& each : tasks_) {
    each.session = 0;
    if (each.is == status::ended) {
      each.is = status::given;
      each.is_owed = !each.is_dropped;
    }
    // A claim that was not stored is given out once more by its number.
    if (each.is == status::given && !each.is_owed && draw_.chance(20)) {
      each.is = status::waiting;
      --each.claim;
    }
  }
  leaders_.push_back(std::move(next));
}

void hosting_world::give(world_task& task, std::size_t index) {
  auto& leader = *leaders_.back();
  task.is = status::given;
  ++task.claim;
  task.epoch = leader.epoch;
  task.session = leader.session->number;
  task.is_cancelled = false;
  task.is_owed = false;
  task.is_dropped = false;
  auto order_of_it = run_order(
    ref_to("step-" + std::to_string(index), task.epoch, task.claim));
  auto& request = *order_of_it.mutable_run()->mutable_activities(0);
  request.set_input_json(text_of(request.ref()));
  --leader.session->credit;
  ++logs_[leader.session->number].given;
  order(leader, order_of_it);
}

void hosting_world::order(world_leader& leader,
                          const messages::HostingOrder& what) {
  auto& session = *leader.session;
  logs_[session.number].ordered.push_back(what.SerializeAsString());
  if (what.has_cancel())
    session.work.cancel(what.cancel());
  if (what.has_keep())
    session.work.keep(what.keep());
  if (what.has_run() && session.work.run(what.run()).reports_size() != 0)
    complain("an order within the credit was refused");
}

void hosting_world::lead() {
  auto& leader = *leaders_.back();
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    auto& task = tasks_[i];
    // What is of nobody is given out again, perhaps before its node returns.
    if (task.is == status::given && task.session == 0 && !task.is_owed
        && draw_.chance(3))
      task.is = status::waiting;
    if (!leader.session)
      continue;
    if (task.is == status::waiting && leader.session->credit != 0
        && draw_.chance(30))
      give(task, i);
    if (task.is == status::given && task.session == leader.session->number
        && !task.is_cancelled && draw_.chance(2)) {
      task.is_cancelled = true;
      order(leader, cancel_order(ref_to("step-" + std::to_string(i), task.epoch,
                                        task.claim)));
    }
  }
}

void hosting_world::lose_session(world_leader& leader) {
  if (!leader.session)
    return;
  // Only the store of the last leader takes anything.
  if (&leader == leaders_.back().get())
    for (auto& each : tasks_)
      if (each.session == leader.session->number)
        each.session = 0;
  leader.session.reset();
}

/// What a node runs goes on, or is dropped.
void hosting_world::decide(world_leader& leader,
                           const messages::ActivityRef& ref) {
  const auto index = std::stoul(ref.step().substr(5));
  auto& task = tasks_[index];
  const auto is_last = &leader == leaders_.back().get();
  if (is_last && task.is == status::given && task.session == 0
      && task.claim == ref.claim() && task.epoch == ref.epoch()
      && draw_.chance(75)) {
    task.epoch = leader.epoch;
    task.session = leader.session->number;
    return order(leader, keep_order(ref, leader.epoch));
  }
  if (task.claim == ref.claim()) {
    task.is_owed = false;
    task.is_dropped = true;
  }
  order(leader, cancel_order(ref));
}

void hosting_world::begin_session(world_leader& leader,
                                  const messages::OpenHosting& opening) {
  lose_session(leader);
  ++sessions;
  const auto& pull = opening.pull();
  leader.session.emplace(world_leader::open_session{
    opening.session(), pull.credit(),
    remote_work{opening.session(), pull.credit(), {{3, 400}, 1'000}}});
  for (const auto& ref : pull.running())
    decide(leader, ref);
}

void hosting_world::hear_open(const leader_ptr& leader, std::uint64_t epoch,
                              const messages::OpenHosting& opening) {
  const auto number = opening.session();
  auto what = answer::refused;
  if (epoch == leader->epoch)
    switch (leader->book.open("node", 1, number)) {
      case session_book::verdict::begun:
        begin_session(*leader, opening);
        what = answer::taken;
        break;
      case session_book::verdict::repeated:
        if (leader->session)
          what = answer::taken;
        break;
      case session_book::verdict::outdated:
        break;
    }
  post([=, this] { hear_leader(number, 0, what); });
}

/// A commit, of all that was heard before it.
void hosting_world::store(world_leader& leader) {
  if (!draw_.chance(is_calm_ ? 50 : 10))
    return;
  for (const auto& each : std::exchange(leader.unstored, {})) {
    tasks_[each.task].is = status::done;
    ++tasks_[each.task].effects;
    if (leader.session && leader.session->number == each.session)
      leader.session->work.note_stored(each.question);
  }
  if (leader.session && draw_.chance(50))
    leader.session->work.tell_stored();
}

void hosting_world::take_end(world_leader& leader,
                             const messages::ActivityReport& report,
                             std::uint64_t question) {
  const auto& ref = ref_of(report);
  if (report.has_failed()) // The host fails nothing.
    return complain("it was refused as " + report.failed().kind());
  if (!logs_[leader.session->number].ends.insert(text_of(ref)).second)
    complain("two ends of " + text_of(ref) + " in one session");
  heard_.insert(report.succeeded().output_json());
  const auto index = std::stoul(ref.step().substr(5));
  auto& task = tasks_[index];
  if (&leader != leaders_.back().get() || task.is != status::given
      || task.claim != ref.claim() || task.epoch != ref.epoch()
      || task.session != leader.session->number)
    return; // Too late.
  if (std::exchange(task.is_owed, false))
    ++ends_said_again;
  task.is = status::ended;
  leader.unstored.push_back({leader.session->number, question, index});
}

void hosting_world::hear_reports(const leader_ptr& leader, std::uint64_t epoch,
                                 const messages::HostingReports& reports) {
  const auto number = reports.session();
  auto what = answer::refused;
  if (epoch == leader->epoch && leader->session
      && leader->session->number == number) {
    const auto kind = leader->session->work.hear(reports);
    if (kind != arrival::unknown)
      what = answer::taken;
    if (kind == arrival::fresh) {
      for (const auto& report : reports.reports().reports())
        take_end(*leader, report, reports.sequence());
      leader->session->credit += reports.reports().credit();
    }
  }
  const auto sequence = reports.sequence();
  post([=, this] { hear_leader(number, sequence, what); });
}

void hosting_world::ask(const leader_ptr& leader) {
  if (!leader->session)
    return;
  if (const auto* question = leader->session->work.question())
    post([this, leader, epoch = leader->epoch, orders = *question] {
      hear_orders(leader, epoch, orders);
    });
}

void hosting_world::hear_answer(const leader_ptr& leader, std::uint64_t session,
                                std::uint64_t sequence, answer what) {
  if (!leader->session || leader->session->number != session)
    return;
  if (what == answer::refused)
    return lose_session(*leader);
  leader->session->work.confirm(sequence);
}

// -- the node
// ------------------------------------------------------------------

void hosting_world::ask_leader() {
  if (!followed_)
    return;
  if (!work_.has_session())
    work_.open();
  const auto epoch = choice_.epoch();
  if (!work_.is_open())
    return post([this, epoch, leader = followed_, opening = work_.opening()] {
      hear_open(leader, epoch, opening);
    });
  const auto when = draw_.chance(20) ? hosted_work::asking::in_any_case
                                     : hosted_work::asking::when_needed;
  if (const auto* question = work_.question(when))
    post([this, epoch, leader = followed_, reports = *question] {
      hear_reports(leader, epoch, reports);
    });
}

void hosting_world::hear_notice(const leader_ptr& leader) {
  if (choice_.hear(leader->node, leader->epoch)
      != leader_choice::verdict::followed)
    return;
  followed_ = leader;
  work_.end_session();
}

void hosting_world::hand_over(std::uint64_t session,
                              const messages::HostingOrder& what) {
  auto& log = logs_[session];
  for (const auto& request : what.run().activities()) {
    auto single = messages::HostingOrder{};
    *single.mutable_run()->add_activities() = request;
    log.handed.push_back(single.SerializeAsString());
    ++log.arrived;
    ++runs_handed;
    ids_[text_of(request.ref())] = request.input_json();
    // Whatever ran for the same work before is nobody's business now.
    const auto work = request.ref().step() + "/";
    for (const auto& id : started_)
      if (id.starts_with(work))
        dropped_.insert(id);
    started_.insert(request.input_json());
  }
  for (const auto& ref : what.keep().refs()) {
    ++keeps_handed;
    auto kept = ref;
    kept.set_epoch(what.keep().epoch());
    ids_[text_of(kept)] = ids_[text_of(ref)];
  }
  if (what.has_cancel() && what.cancel().ref().epoch() < choice_.epoch())
    dropped_.insert(ids_[text_of(what.cancel().ref())]);
  if (!what.has_run())
    log.handed.push_back(what.SerializeAsString());
  host_.told.push_back(what);
}

void hosting_world::hear_orders(const leader_ptr& leader, std::uint64_t epoch,
                                const messages::HostingOrders& orders) {
  auto what = answer::refused;
  if (epoch >= choice_.epoch()) {
    auto taken = work_.take(orders);
    if (taken.what != arrival::unknown)
      what = answer::taken;
    for (const auto& each : taken.orders)
      hand_over(orders.session(), each);
  }
  post([=, this, session = orders.session(), sequence = orders.sequence()] {
    hear_answer(leader, session, sequence, what);
  });
}

void hosting_world::hear_leader(std::uint64_t session, std::uint64_t sequence,
                                answer what) {
  if (!work_.has_session() || work_.opening().session() != session)
    return;
  if (what == answer::refused)
    return work_.end_session();
  work_.confirm_open();
  if (sequence != 0)
    work_.confirm(sequence);
}

void hosting_world::move_host() {
  while (!host_.told.empty() && draw_.chance(60))
    host_.hear_next();
  if (!host_.running.empty() && draw_.chance(35))
    host_.end(draw_.below(static_cast<std::uint32_t>(host_.running.size())));
  while (!host_.said.empty() && draw_.chance(60)) {
    work_.hear(host_.said.front());
    host_.said.pop_front();
  }
}

} // namespace troupe::tests
