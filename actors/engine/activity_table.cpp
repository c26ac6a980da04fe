#include "actors/engine/activity_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace troupe::engine {

namespace {

using std::chrono::milliseconds;

auto work_of(const activity_key& key) {
  return std::tie(key.run, key.step, key.item, key.compensation);
}

/// A higher one takes the work away from a lower one.
auto claim_of(const activity_key& key) {
  return std::tie(key.epoch, key.claim);
}

/// An absurdly long time is none: the clock must not overflow.
std::optional<milliseconds> to_span(std::uint64_t written) {
  constexpr auto most
    = std::chrono::duration_cast<milliseconds>(std::chrono::years{10});
  if (written == 0 || written > static_cast<std::uint64_t>(most.count()))
    return std::nullopt;
  return milliseconds{written};
}

} // namespace

activity_key to_key(const messages::ActivityRef& ref) {
  return {ref.run(),     ref.step(),  ref.item(), ref.compensation(),
          ref.attempt(), ref.epoch(), ref.claim()};
}

messages::ActivityRef to_message(const activity_key& key) {
  auto ref = messages::ActivityRef{};
  ref.set_run(key.run);
  ref.set_step(key.step);
  ref.set_item(key.item);
  ref.set_compensation(key.compensation);
  ref.set_attempt(key.attempt);
  ref.set_epoch(key.epoch);
  ref.set_claim(key.claim);
  return ref;
}

bool activity_table::has_later(const activity_key& key) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& each) {
    return work_of(each.first) == work_of(key)
           && claim_of(each.first) > claim_of(key);
  });
}

void activity_table::supersede(const activity_key& key, time_point now) {
  for (auto& [other, each] : entries_)
    if (work_of(other) == work_of(key) && claim_of(other) < claim_of(key))
      stop(each, stop_cause::superseded, milliseconds{0}, now);
}

activity_table::admission
activity_table::admit(const messages::RunActivity& request, time_point now) {
  const auto key = to_key(request.ref());
  if (entries_.contains(key))
    return admission::known;
  if (is_closing_)
    return admission::closing;
  if (has_later(key))
    return admission::outdated;
  supersede(key, now);
  // Those that make room do not count, or a full host could never take over.
  const auto staying
    = std::count_if(entries_.begin(), entries_.end(), [](const auto& each) {
        return each.second.cause != stop_cause::superseded;
      });
  if (!request.takes_no_credit()
      && static_cast<std::size_t>(staying) >= options_.activities_max)
    return admission::full;
  auto made = entry{};
  if (const auto span = to_span(request.start_to_close_ms()))
    made.close_at = now + *span;
  if (const auto span = to_span(request.heartbeat_ms())) {
    made.heartbeat = *span;
    made.beat_by = now + *span;
  }
  entries_.emplace(key, made);
  return admission::accepted;
}

void activity_table::stop(entry& each, stop_cause cause,
                          std::optional<milliseconds> grace, time_point now) {
  // The first cause stays, but nobody keeps a reader who must not hear of it.
  if (each.cause == stop_cause::none || cause == stop_cause::superseded)
    each.cause = cause;
  const auto kill_at
    = now + grace.value_or(options_.grace_max) + options_.kill_margin;
  if (each.kill_at && *each.kill_at <= kill_at)
    return;
  each.kill_at = kill_at;
  each.grace = grace;
  each.must_tell = true;
}

void activity_table::cancel(const messages::CancelActivity& request,
                            time_point now) {
  const auto found = entries_.find(to_key(request.ref()));
  if (found == entries_.end())
    return;
  auto grace = std::optional<milliseconds>{};
  if (request.has_grace_ms())
    grace = to_span(request.grace_ms()).value_or(milliseconds{0});
  stop(found->second, stop_cause::cancelled, grace, now);
}

bool activity_table::rebind(const activity_key& key, std::uint64_t epoch) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || epoch <= key.epoch
      || found->second.cause == stop_cause::superseded)
    return false;
  auto later = key;
  later.epoch = epoch;
  // There is nothing later of this work, or it were superseded.
  auto node = entries_.extract(found);
  node.key() = std::move(later);
  entries_.insert(std::move(node));
  return true;
}

void activity_table::close(time_point now) {
  is_closing_ = true;
  for (auto& [key, each] : entries_)
    stop(each, stop_cause::closing, std::nullopt, now);
}

bool activity_table::beat(const activity_key& key, time_point now) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.cause == stop_cause::superseded)
    return false;
  if (found->second.beat_by)
    found->second.beat_by = now + found->second.heartbeat;
  return true;
}

std::optional<activity_table::step> activity_table::next(time_point now) {
  for (auto& [key, each] : entries_) {
    if (each.cause == stop_cause::none && each.close_at
        && *each.close_at <= now)
      stop(each, stop_cause::timed_out, std::nullopt, now);
    if (each.cause == stop_cause::none && each.beat_by && *each.beat_by <= now)
      stop(each, stop_cause::silent, std::nullopt, now);
    if (std::exchange(each.must_tell, false))
      return step{step::kind::cancel, key, each.grace};
    if (each.kill_at && *each.kill_at <= now
        && !std::exchange(each.was_killed, true))
      return step{step::kind::kill, key, std::nullopt};
  }
  return std::nullopt;
}

std::optional<activity_table::time_point>
activity_table::next_deadline() const {
  auto result = std::optional<time_point>{};
  const auto consider = [&](const std::optional<time_point>& due) {
    if (due && (!result || *due < *result))
      result = due;
  };
  for (const auto& [key, each] : entries_) {
    if (each.cause == stop_cause::none) {
      consider(each.close_at);
      consider(each.beat_by);
    } else if (!each.was_killed) {
      consider(each.kill_at);
    }
  }
  return result;
}

bool activity_table::end_succeeded(const activity_key& key) {
  const auto node = entries_.extract(key);
  return !node.empty() && node.mapped().cause != stop_cause::superseded;
}

void activity_table::explain(stop_cause cause,
                             messages::ActivityFailed& failure) {
  switch (cause) {
    case stop_cause::none:
    case stop_cause::superseded:
      return;
    case stop_cause::cancelled:
      failure.set_kind("cancelled");
      failure.set_message("cancelled");
      failure.set_retryable(false);
      return;
    case stop_cause::timed_out:
      failure.set_kind("timeout");
      failure.set_message("did not end in time");
      break;
    case stop_cause::silent:
      failure.set_kind("timeout");
      failure.set_message("gave no sign of life in time");
      break;
    case stop_cause::closing:
      failure.set_kind("interrupted");
      failure.set_message("its host was told to end");
      break;
  }
  failure.set_retryable(true);
}

std::optional<messages::ActivityFailed>
activity_table::end_failed(const activity_key& key,
                           messages::ActivityFailed failure) {
  const auto node = entries_.extract(key);
  if (node.empty() || node.mapped().cause == stop_cause::superseded)
    return std::nullopt;
  *failure.mutable_ref() = to_message(key);
  explain(node.mapped().cause, failure);
  return failure;
}

std::optional<messages::ActivityFailed>
activity_table::end_lost(const activity_key& key, const std::string& why) {
  auto failure = messages::ActivityFailed{};
  failure.set_kind("crashed");
  failure.set_message(why);
  failure.set_retryable(true);
  return end_failed(key, std::move(failure));
}

} // namespace troupe::engine
