#include "actors/scoring/azure_devops_reading.hpp"

#include "runtime/http/http_retry.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace troupe::scoring {

using runtime::fail;
using runtime::http_reply;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;
using std::chrono::milliseconds;

namespace {

/// Ids are 32-bit numbers.
constexpr auto id_max = std::int64_t{2'147'483'647};
/// Width of the first window with an end.
constexpr auto first_width = std::int64_t{65'536};
constexpr milliseconds slow_down_max{30'000};

/// A header as a number; nothing if it is none.
std::optional<double> number_of(const http_reply& reply,
                                std::string_view name) {
  const auto text = reply.header(name);
  auto number = 0.0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end
      || !std::isfinite(number))
    return std::nullopt;
  return number;
}

/// When less than a tenth of the budget is left, a growing part of the time
/// until it is renewed.
milliseconds slow_down(const http_reply& reply, runtime::clock::wall_time now) {
  const auto remaining = number_of(reply, "X-RateLimit-Remaining");
  const auto limit = number_of(reply, "X-RateLimit-Limit");
  const auto reset = number_of(reply, "X-RateLimit-Reset");
  if (!remaining || !limit || !reset || !(*limit > 0.0))
    return milliseconds{0};
  const auto share = std::clamp(*remaining / (*limit / 10.0), 0.0, 1.0);
  const auto instant
    = static_cast<double>(now.time_since_epoch().count()) / 1e6;
  const auto wait = (1.0 - share) * (*reset - instant) * 1e3;
  return milliseconds{static_cast<std::int64_t>(
    std::clamp(wait, 0.0, static_cast<double>(slow_down_max.count())))};
}

} // namespace

azure_devops_reading::azure_devops_reading(azure_devops_question question)
  : question_{std::move(question)}, width_{first_width} {
  question_.items_max
    = std::clamp(question_.items_max, std::size_t{1}, azure_devops_batch_max);
}

std::span<const std::int64_t> azure_devops_reading::batch() const noexcept {
  const auto rest = std::span{ids_}.subspan(next_);
  return rest.first(std::min(rest.size(), question_.items_max));
}

runtime::http_request azure_devops_reading::request() const {
  if (next_ < ids_.size())
    return make_item_request(question_.project, batch());
  return make_id_request(question_.project, question_.condition, window_,
                         question_.ids_max);
}

outcome<void> azure_devops_reading::set_pause(milliseconds wait) {
  pause_ = wait;
  if (wait <= question_.pause_max)
    return {};
  auto reason = problem{};
  reason.kind = problem_kind::unavailable;
  reason.message
    = "the server asks to wait for "
      + std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count())
      + " seconds";
  reason.file = question_.project.name;
  reason.hint = "try again after that time";
  return fail(std::move(reason));
}

outcome<void> azure_devops_reading::try_again(problem failure,
                                              milliseconds wait,
                                              double chance) {
  ++attempts_;
  if (attempts_ >= question_.attempts_max) {
    failure.message += ", after " + std::to_string(attempts_) + " attempts";
    return fail(std::move(failure));
  }
  return set_pause(std::max(wait, runtime::backoff(attempts_, chance)));
}

outcome<void> azure_devops_reading::take(problem failure, double chance) {
  // The host alone does not say who wanted something of it.
  if (!failure.file.empty())
    failure.message += " (" + failure.file + ")";
  failure.file = question_.project.name;
  if (!was_answered_ || !runtime::is_retryable(failure))
    return fail(std::move(failure));
  return try_again(std::move(failure), milliseconds{0}, chance);
}

outcome<void> azure_devops_reading::take(const http_reply& reply,
                                         runtime::clock::wall_time now,
                                         double chance, std::string& lines) {
  was_answered_ = true;
  const auto asked = runtime::retry_after(reply, now).value_or(milliseconds{0});
  if (auto refusal = find_refusal(question_.project, reply)) {
    if (runtime::is_retryable(reply.status))
      return try_again(std::move(*refusal), asked, chance);
    const auto is_listing = next_ == ids_.size();
    if (!is_listing || !is_too_many_ids(reply))
      return fail(std::move(*refusal));
    if (auto narrowed = narrow(); !narrowed)
      return narrowed;
  } else {
    const auto taken
      = next_ < ids_.size() ? take_items(reply, lines) : take_ids(reply);
    if (!taken)
      return taken;
  }
  attempts_ = 0;
  if (is_done_)
    return {};
  return set_pause(std::max(asked, slow_down(reply, now)));
}

outcome<void> azure_devops_reading::narrow() {
  if (window_.last)
    width_ = (*window_.last - window_.after) / 2;
  if (width_ == 0) {
    auto reason = problem{};
    reason.kind = problem_kind::failed;
    reason.message = "the server refuses to list a single work item";
    reason.file = question_.project.name;
    reason.hint = "simplify the condition, then try again";
    return fail(std::move(reason));
  }
  window_.last = window_.after + width_;
  ids_in_window_ = 0;
  return {};
}

/// Goes on behind a window that has no more ids.
void azure_devops_reading::widen() {
  if (!window_.last || *window_.last >= id_max) {
    is_done_ = true;
    return;
  }
  if (ids_in_window_ < question_.ids_max / 2)
    width_ = std::min(width_ * 2, id_max);
  window_.after = *window_.last;
  window_.last = std::min(window_.after + width_, id_max);
  ids_in_window_ = 0;
}

outcome<void> azure_devops_reading::take_ids(const http_reply& reply) {
  auto ids = read_ids(question_.project, reply, window_);
  if (!ids)
    return fail(ids.error());
  if (ids->empty()) {
    widen();
    return {};
  }
  ids_ = std::move(*ids);
  next_ = 0;
  window_.after = ids_.back();
  ids_in_window_ += ids_.size();
  return {};
}

outcome<void> azure_devops_reading::take_items(const http_reply& reply,
                                               std::string& lines) {
  const auto asked = batch();
  const auto missing = append_items(question_.project, reply, asked, lines);
  if (!missing)
    return fail(missing.error());
  missing_items_ += *missing;
  next_ += asked.size();
  return {};
}

} // namespace troupe::scoring
