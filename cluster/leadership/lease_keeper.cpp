#include "cluster/leadership/lease_keeper.hpp"

#include "cluster/leadership/planted_bug.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

using kind = lease_action::kind;

namespace {

/// Answers that are later than the following requests help nobody.
constexpr auto sent_requests_max = std::size_t{16};

} // namespace

std::string_view to_string(step_down_reason reason) noexcept {
  switch (reason) {
    case step_down_reason::belief_over:
      return "no renewal was confirmed in time";
    case step_down_reason::lost:
      return "the database says that somebody else may lead";
    case step_down_reason::late_ticks:
      return "the node did not keep time";
    case step_down_reason::asked:
      return "somebody asked for it";
    case step_down_reason::stopped:
      return "the node stops";
  }
  return "unknown";
}

lease_keeper::lease_keeper(std::string holder, const lease_timing& timing)
  : holder_{std::move(holder)}, timing_{timing} {}

std::chrono::milliseconds
lease_keeper::jitter(std::uint64_t draw) const noexcept {
  const auto choices = static_cast<std::uint64_t>(timing_.jitter_max.count());
  return std::chrono::milliseconds{draw % (choices + 1)};
}

bool lease_keeper::is_away(instant now) const noexcept {
  return last_tick_ && now - *last_tick_ > timing_.tick_gap_max
         && !has_bug(planted_lease_bug::ignore_late_ticks);
}

bool lease_keeper::may_lead(instant now) const noexcept {
  return !is_stopped_ && (!abstains_until_ || now >= *abstains_until_)
         && (!aside_until_ || now >= *aside_until_);
}

bool lease_keeper::leads(instant now) const noexcept {
  return is_leading_ && now < believes_until_ && !is_away(now);
}

std::optional<lease_epoch> lease_keeper::epoch(instant now) const noexcept {
  return leads(now) ? std::optional{epoch_} : std::nullopt;
}

lease_keeper::instant lease_keeper::next_check() const noexcept {
  if (is_stopped_)
    return instant::max();
  const auto next = awaited_ != 0 ? awaited_until() : next_at_;
  return is_leading_ ? std::min(next, believes_until_) : next;
}

lease_keeper::instant lease_keeper::awaited_until() const noexcept {
  const auto found = std::ranges::find(sent_, awaited_, &sent_request::number);
  // One that so many others followed is given up at once.
  return found == sent_.end() ? instant::min()
                              : found->at + timing_.request_timeout;
}

void lease_keeper::send(kind what, lease_epoch epoch, instant now,
                        actions& out) {
  if (sent_.size() == sent_requests_max)
    sent_.pop_front();
  sent_.push_back({++requests_, what, epoch, now});
  out.push_back({what, requests_, epoch, {}});
}

/// Nobody waits for what becomes of it: if it is lost, the lease ends by
/// itself, or the next look finds it. From now on it may take effect at any
/// moment, hence the epoch is never led under.
void lease_keeper::give_back(lease_epoch epoch, instant now, actions& out) {
  epoch_ = std::max(epoch_, epoch);
  send(kind::release, epoch, now, out);
}

void lease_keeper::give_up(step_down_reason reason, instant now, actions& out) {
  if (!is_leading_)
    return;
  is_leading_ = false;
  awaited_ = 0;
  free_at_.reset();
  next_at_ = now + timing_.watch_interval;
  out.push_back({kind::step_down, 0, epoch_, reason});
  if (reason != step_down_reason::lost)
    give_back(epoch_, now, out);
}

/// Others should lead while this node has no time for it.
void lease_keeper::heed_lateness(instant now, actions& out) {
  if (!is_away(now))
    return;
  abstains_until_
    = std::max(abstains_until_.value_or(now), now + timing_.length);
  give_up(step_down_reason::late_ticks, now, out);
}

void lease_keeper::send_next(instant now, actions& out) {
  auto what = kind::watch;
  if (is_leading_)
    what = kind::renew;
  else if (may_lead(now) && free_at_ && now >= *free_at_)
    what = kind::acquire;
  send(what, is_leading_ ? epoch_ : 0, now, out);
  awaited_ = requests_;
}

lease_keeper::actions lease_keeper::tick(instant now, std::uint64_t draw) {
  auto out = actions{};
  heed_lateness(now, out);
  last_tick_ = now;
  if (is_stopped_)
    return out;
  if (is_leading_ && now >= believes_until_)
    give_up(step_down_reason::belief_over, now, out);
  if (awaited_ != 0) {
    if (now < awaited_until())
      return out;
    // It was waited for long enough; whoever only watches lets chance decide.
    awaited_ = 0;
    next_at_ = is_leading_ ? now : now + jitter(draw);
  }
  if (now >= next_at_)
    send_next(now, out);
  return out;
}

lease_keeper::actions lease_keeper::answer(instant now,
                                           const lease_reply& reply,
                                           std::uint64_t draw) {
  auto out = actions{};
  heed_lateness(now, out);
  const auto found
    = std::ranges::find(sent_, reply.request, &sent_request::number);
  if (found == sent_.end())
    return out;
  const auto of = *found;
  const auto is_awaited
    = std::exchange(awaited_, awaited_ == of.number ? 0 : awaited_)
      == of.number;
  if (reply.how != lease_reply::status::answered) {
    if (is_awaited)
      next_at_ = now + timing_.retry_interval
                 + (is_leading_ ? std::chrono::milliseconds{0} : jitter(draw));
    return out;
  }
  sent_.erase(found);
  if (is_leading_ && now >= believes_until_)
    give_up(step_down_reason::belief_over, now, out);
  if (of.what == kind::release)
    return out;
  if (is_awaited)
    last_seen_ = reply.answer;
  if (reply.answer.is_granted)
    take_grant(of, reply.answer, now, out);
  else if (is_leading_ && of.what == kind::renew && of.epoch == epoch_)
    give_up(step_down_reason::lost, now, out);
  else if (is_awaited && !is_leading_ && !is_stopped_)
    take_view(of, reply.answer, now, draw, out);
  return out;
}

void lease_keeper::take_grant(const sent_request& of, const lease_answer& what,
                              instant now, actions& out) {
  // The database granted it some time after `of.at`.
  const auto from
    = has_bug(planted_lease_bug::count_from_arrival) ? now : of.at;
  const auto margin = has_bug(planted_lease_bug::no_margin)
                        ? std::chrono::milliseconds{0}
                        : timing_.margin;
  const auto until = from + what.left - margin;
  if (is_leading_ && what.epoch == epoch_) {
    believes_until_ = std::max(believes_until_, until);
    next_at_ = std::max(next_at_, of.at + renew_interval(timing_));
    return;
  }
  // An acquisition that nobody hoped for any more: a later epoch than the one
  // that is led under ends that one.
  if (is_leading_ && what.epoch > epoch_)
    give_up(step_down_reason::lost, now, out);
  if (!may_lead(now) || what.epoch <= epoch_ || now >= until)
    return give_back(what.epoch, now, out);
  is_leading_ = true;
  epoch_ = what.epoch;
  believes_until_ = until;
  awaited_ = 0;
  next_at_ = of.at + renew_interval(timing_);
  out.push_back({kind::lead, 0, epoch_, {}});
}

void lease_keeper::take_view(const sent_request& of, const lease_answer& what,
                             instant now, std::uint64_t draw, actions& out) {
  next_at_ = now + timing_.watch_interval + jitter(draw);
  free_at_.reset();
  if (what.left.count() > 0 && what.holder == holder_) {
    // Its own: the grant was lost on its way, or the release was.
    if (what.epoch <= epoch_ || !may_lead(now))
      return give_back(what.epoch, now, out);
    send(kind::renew, what.epoch, now, out);
    awaited_ = requests_;
    return;
  }
  if (what.left.count() > 0) {
    if (has_bug(planted_lease_bug::stop_watching)) {
      next_at_ = instant::max();
      return;
    }
    // Chance uses other bits than above.
    free_at_ = now + what.left + jitter(draw >> 32U);
    next_at_ = std::min(next_at_, *free_at_);
    return;
  }
  free_at_ = now;
  // Who was refused although it is free met somebody else: not at once again.
  if (of.what == kind::watch && may_lead(now))
    send_next(now, out);
  else
    next_at_ = now + timing_.retry_interval + jitter(draw);
}

lease_keeper::actions lease_keeper::ticks_were_late(instant now) {
  auto out = actions{};
  if (has_bug(planted_lease_bug::ignore_late_ticks))
    return out;
  abstains_until_
    = std::max(abstains_until_.value_or(now), now + timing_.length);
  give_up(step_down_reason::late_ticks, now, out);
  return out;
}

lease_keeper::actions lease_keeper::look_now(instant now) {
  auto out = actions{};
  heed_lateness(now, out);
  if (is_stopped_ || is_leading_ || awaited_ != 0)
    return out;
  free_at_.reset();
  send_next(now, out);
  return out;
}

lease_keeper::actions
lease_keeper::step_aside(instant now, std::chrono::milliseconds abstain) {
  auto out = actions{};
  aside_until_ = std::max(aside_until_.value_or(now), now + abstain);
  give_up(step_down_reason::asked, now, out);
  return out;
}

lease_keeper::actions lease_keeper::come_back(instant now) {
  aside_until_.reset();
  return look_now(now);
}

lease_keeper::actions lease_keeper::stop(instant now) {
  auto out = actions{};
  is_stopped_ = true;
  give_up(step_down_reason::stopped, now, out);
  awaited_ = 0;
  return out;
}

} // namespace troupe::cluster
