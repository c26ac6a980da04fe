#include "cluster/hosting/hosted_work.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace troupe::cluster {

using engine::activity_key;
using engine::to_key;

namespace {

/// A host that has heard so many keeps has dealt with the first of them.
constexpr auto former_epochs_max = std::size_t{4};

auto work_of(const activity_key& key) {
  return std::tie(key.run, key.step, key.item, key.compensation);
}

auto claim_of(const activity_key& key) {
  return std::tie(key.epoch, key.claim);
}

/// Not later than anything of the same work.
activity_key first_of(const activity_key& key) {
  auto first = activity_key{};
  first.run = key.run;
  first.step = key.step;
  first.item = key.item;
  first.compensation = key.compensation;
  return first;
}

messages::ActivityReport failure_of(const messages::ActivityRef& ref,
                                    const char* kind,
                                    const std::string& message) {
  auto report = messages::ActivityReport{};
  auto& failure = *report.mutable_failed();
  *failure.mutable_ref() = ref;
  failure.set_kind(kind);
  failure.set_message(message);
  failure.set_retryable(true);
  return report;
}

} // namespace

hosted_work::entry_map::iterator
hosted_work::find(const messages::ActivityRef& ref) {
  const auto key = to_key(ref);
  if (const auto found = entries_.find(key); found != entries_.end())
    return found;
  for (auto at = entries_.lower_bound(first_of(key));
       at != entries_.end() && work_of(at->first) == work_of(key); ++at)
    if (at->first.attempt == key.attempt && at->first.claim == key.claim
        && std::ranges::count(at->second.former_epochs, key.epoch) != 0)
      return at;
  return entries_.end();
}

void hosted_work::erase(entry_map::iterator which) {
  if (holds_ended_place(which->second))
    --ended_;
  if (which->second.end == 0)
    --running_;
  reports_.erase(which->second.progress);
  reports_.erase(which->second.end);
  entries_.erase(which);
}

void hosted_work::welcome_host(const messages::GetActivities& offer) {
  auto named = std::set<activity_key>{};
  for (const auto& ref : offer.running())
    if (const auto found = find(ref); found != entries_.end())
      named.insert(found->first);
  fail_others(named, "its host began anew without it");
  has_host_ = true;
  offer_ = offer;
  free_ = offer.credit();
  end_session();
}

void hosted_work::lose_host(const std::string& why) {
  fail_others({}, why);
  has_host_ = false;
  free_ = 0;
  end_session();
}

/// All that run, but for those.
void hosted_work::fail_others(const std::set<activity_key>& named,
                              const std::string& why) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto which = at++;
    if (which->second.end == 0 && !named.contains(which->first))
      end(which, failure_of(to_message(which->first), "crashed", why));
  }
}

void hosted_work::end(entry_map::iterator which,
                      messages::ActivityReport report) {
  if (which->second.is_dropped)
    return erase(which);
  mutable_ref_of(report).set_epoch(which->first.epoch);
  which->second.end = reports_.add(std::move(report));
  --running_;
  if (holds_ended_place(which->second))
    ++ended_;
}

void hosted_work::hear(messages::ActivityReport report) {
  const auto found = find(ref_of(report));
  if (found == entries_.end() || found->second.end != 0)
    return; // The leader has taken the work away.
  if (is_terminal(report))
    return end(found, std::move(report));
  if (found->second.is_dropped)
    return;
  mutable_ref_of(report).set_epoch(found->first.epoch);
  found->second.progress
    = reports_.replace(found->second.progress, std::move(report));
}

void hosted_work::hear(const messages::ActivityReports& reports) {
  for (const auto& report : reports.reports())
    hear(report);
  free_ += reports.credit();
}

/// What is said to be free. Whoever has ended unreported still counts, or the
/// queue of a slow link would grow without a bound.
std::uint32_t hosted_work::take_credit(std::size_t reported) {
  const auto held = granted_ + ended_ - std::min(reported, ended_);
  if (free_ <= held || reports_.taken() >= taken_max_)
    return 0;
  const auto credit = static_cast<std::uint32_t>(free_ - held);
  granted_ += credit;
  return credit;
}

void hosted_work::open() {
  phase_ = phase::opening;
  granted_ = 0;
  reports_.retract();
  for (auto& [key, each] : entries_)
    if (std::exchange(each.is_taken, false) && each.takes_place)
      ++ended_;
  outbox_.reset();
  opening_.Clear();
  opening_.set_session(++session_);
  inbox_.begin(session_);
  auto& pull = *opening_.mutable_pull();
  pull = offer_;
  pull.set_credit(take_credit(0));
  pull.clear_running();
  for (const auto& [key, each] : entries_)
    if (!each.is_dropped)
      *pull.add_running() = to_message(key);
}

void hosted_work::end_session() {
  phase_ = phase::none;
  inbox_.end();
}

hosted_work::taken hosted_work::take(const messages::HostingOrders& orders) {
  auto result = taken{};
  result.what = inbox_.take(orders.session(), orders.sequence());
  if (result.what != arrival::fresh)
    return result;
  confirm_open(); // Whoever gives orders has heard it.
  store(orders.stored());
  for (const auto& order : orders.orders())
    take_order(order, result);
  return result;
}

void hosted_work::take_order(const messages::HostingOrder& order, taken& into) {
  if (order.has_cancel())
    cancel(order.cancel().ref());
  if (order.has_keep())
    keep(order.keep());
  if (!order.has_run()) {
    into.orders.push_back(order);
    return;
  }
  for (const auto& request : order.run().activities()) {
    if (!run(request))
      continue;
    // The host hears of them together if they come together.
    if (into.orders.empty() || !into.orders.back().has_run())
      into.orders.emplace_back();
    *into.orders.back().mutable_run()->add_activities() = request;
  }
}

/// Whether the host is to hear of it.
bool hosted_work::run(const messages::RunActivity& request) {
  const auto takes_place = !request.takes_no_credit();
  const auto is_beyond = takes_place && granted_ == 0;
  if (takes_place && !is_beyond)
    --granted_;
  if (const auto found = find(request.ref()); found != entries_.end()) {
    found->second.session = session_;
    return false; // It runs, or has ended: that will be reported.
  }
  const auto key = to_key(request.ref());
  auto made = entry{};
  made.takes_place = takes_place && !is_beyond;
  made.session = session_;
  if (is_beyond)
    made.end
      = reports_.add(failure_of(request.ref(), "overloaded",
                                "more activities than the node has asked for"));
  else if (takes_place)
    --free_;
  if (!is_beyond) {
    supersede(key);
    ++running_;
    ++begun_;
  }
  entries_.emplace(key, std::move(made));
  return !is_beyond;
}

/// The host stops the same work under earlier claims, and does not tell.
void hosted_work::supersede(const activity_key& by) {
  for (auto at = entries_.lower_bound(first_of(by));
       at != entries_.end() && work_of(at->first) == work_of(by);) {
    const auto which = at++;
    if (claim_of(which->first) < claim_of(by))
      erase(which);
  }
}

void hosted_work::keep(const messages::KeepActivities& what) {
  for (const auto& ref : what.refs()) {
    const auto found = find(ref);
    if (found == entries_.end() || found->second.is_dropped)
      continue;
    found->second.session = session_;
    if (found->first.epoch >= what.epoch())
      continue;
    auto node = entries_.extract(found);
    auto& each = node.mapped();
    each.former_epochs.push_back(node.key().epoch);
    if (each.former_epochs.size() > former_epochs_max)
      each.former_epochs.erase(each.former_epochs.begin());
    reports_.set_epoch(each.progress, what.epoch());
    reports_.set_epoch(each.end, what.epoch());
    node.key().epoch = what.epoch();
    entries_.insert(std::move(node));
  }
}

/// The end of what the leader gave or kept is reported as any other; whatever
/// it has not kept it does not want to hear of.
void hosted_work::cancel(const messages::ActivityRef& ref) {
  const auto found = find(ref);
  if (found == entries_.end() || found->second.session == session_)
    return;
  if (found->second.end != 0)
    return erase(found);
  reports_.erase(std::exchange(found->second.progress, 0));
  found->second.is_dropped = true;
}

const messages::HostingReports* hosted_work::question(asking when) {
  if (phase_ != phase::open)
    return nullptr;
  if (const auto* outstanding = outbox_.outstanding())
    return outstanding;
  auto next = messages::HostingReports{};
  auto& reports = *next.mutable_reports();
  // By the session, not by the epoch: an engine that starts again under the
  // same leader has one of its own.
  reports = reports_.take(
    [this](const messages::ActivityRef& ref) {
      const auto found = find(ref);
      return found != entries_.end() && found->second.session == session_;
    },
    limits_);
  const auto places = std::ranges::count_if(
    reports.reports(), [this](const messages::ActivityReport& report) {
      const auto found = find(ref_of(report));
      return is_terminal(report) && found != entries_.end()
             && found->second.takes_place;
    });
  reports.set_credit(take_credit(static_cast<std::size_t>(places)));
  if (when == asking::when_needed && reports.reports_size() == 0
      && reports.credit() == 0)
    return nullptr;
  next.set_session(session_);
  return &outbox_.begin(std::move(next));
}

void hosted_work::confirm(std::uint64_t sequence) {
  if (!outbox_.acknowledge(sequence))
    return;
  for (const auto& ref : reports_.confirm(sequence)) {
    const auto found = entries_.find(to_key(ref));
    if (found == entries_.end())
      continue;
    if (holds_ended_place(found->second))
      --ended_;
    found->second.is_taken = true;
  }
}

void hosted_work::store(std::uint64_t sequence) {
  for (const auto& ref : reports_.store(sequence))
    if (const auto found = entries_.find(to_key(ref)); found != entries_.end())
      erase(found);
}

void hosted_work::shorten() {
  if (outbox_.outstanding() == nullptr)
    return;
  const auto failed = outbox_.withdraw();
  granted_ -= failed.reports().credit();
  reports_.shorten();
}

} // namespace troupe::cluster
