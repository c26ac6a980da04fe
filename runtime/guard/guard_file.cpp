#include "runtime/guard/guard_file.hpp"

#include "runtime/config/mapping_reader.hpp"
#include "runtime/config/problem_order.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace troupe::runtime {

namespace {

using std::chrono::milliseconds;
using problems_list = std::vector<problem>;

constexpr auto guards_max = std::size_t{10'000};
constexpr auto count_max = std::int64_t{1'000'000'000};
constexpr auto duration_max = std::chrono::hours{24 * 366};

auto whole(std::int64_t min, std::int64_t max = count_max) {
  return [=](const yaml_value& value) { return value.integer(min, max); };
}

auto span(milliseconds min = milliseconds{1}) {
  return
    [=](const yaml_value& value) { return value.duration(min, duration_max); };
}

auto number(double min, double max) {
  return [=](const yaml_value& value) { return value.number(min, max); };
}

/// Above zero, at most one.
auto ratio() {
  return number(std::numeric_limits<double>::min(), 1.0);
}

template <class Words>
auto word(const Words& words) {
  return [&words](const yaml_value& value) {
    using meaning = typename Words::value_type::second_type;
    return value.choice<meaning>(words);
  };
}

/// A rule between two values, told at the place of one of them.
void require(bool holds, const std::optional<yaml_value>& at,
             const std::string& message, const std::string& hint,
             problems_list& problems) {
  if (!holds && at)
    problems.push_back(at->error(message, hint));
}

void read_rate(const yaml_value& value, rate_limit_options& to,
               problems_list& problems) {
  auto in = mapping_reader{value, problems};
  in.required("count", to.count, whole(1));
  in.optional("per", to.period, span());
  to.burst = to.count;
  in.optional("burst", to.burst, whole(1));
  in.finish();
  require(to.period.count() >= to.count, value,
          "more than one call per nanosecond",
          "give a smaller count or a longer period", problems);
  // The whole burst must be a duration.
  require(to.period / to.count
            < std::chrono::nanoseconds{duration_max} * 10 / to.burst,
          value.find("burst"), "the burst is worth more than ten years",
          "give a smaller burst", problems);
}

void read_quota(const yaml_value& value, quota_options& to,
                problems_list& problems) {
  auto in = mapping_reader{value, problems};
  in.required("limit", to.limit,
              whole(1, std::numeric_limits<std::int64_t>::max()));
  in.optional("window", to.window, word(quota_window_words));
  in.optional("reserve", to.reserve,
              whole(0, std::numeric_limits<std::int64_t>::max()));
  in.optional("zone", to.zone, [](const yaml_value& at) -> outcome<time_zone> {
    const auto name = at.text();
    if (!name)
      return fail(name.error());
    auto zone = time_zone::find(*name);
    if (zone)
      return *zone;
    auto reason = at.error(zone.error().message, zone.error().hint);
    reason.kind = zone.error().kind;
    return fail(std::move(reason));
  });
  in.finish();
  require(to.reserve < to.limit, value.find("reserve"),
          "the reserve leaves nothing to others", "give less than the limit",
          problems);
}

void read_bulkhead(const yaml_value& value, bulkhead_options& to,
                   problems_list& problems) {
  auto in = mapping_reader{value, problems};
  in.required("concurrent", to.concurrent_max, whole(1, 1'000'000));
  in.optional("queue", to.queue_max, whole(0, 10'000'000));
  in.optional("queue_timeout", to.queue_timeout, span());
  in.finish();
  require(to.queue_max > 0, value.find("queue_timeout"),
          "there is no queue to wait in", "give a queue", problems);
}

void read_schedule_keys(mapping_reader& in, const yaml_value& value,
                        retry_schedule& to, problems_list& problems) {
  in.optional("attempts", to.attempts, whole(1, 1'000));
  in.optional("initial", to.initial, span(milliseconds{0}));
  in.optional("factor", to.factor, number(1.0, 100.0));
  in.optional("cap", to.cap, span(milliseconds{0}));
  in.optional("jitter", to.jitter, word(retry_jitter_words));
  const auto cap = value.find("cap");
  require(to.cap >= to.initial, cap ? cap : value.find("initial"),
          "the cap is below the first delay",
          "give a cap of at least the first delay", problems);
}

void read_kinds_to_retry(const yaml_value& value, std::vector<std::string>& to,
                         problems_list& problems) {
  const auto items = value.items();
  if (!items)
    return problems.push_back(items.error());
  for (const auto& item : *items) {
    if (auto kind = item.text())
      to.push_back(std::move(*kind));
    else
      problems.push_back(kind.error());
  }
  require(!items->empty(), value, "no kind of error is worth a retry",
          "name kinds, or leave the key out for all", problems);
}

void read_schedules(const yaml_value& value, retry_options& to,
                    problems_list& problems) {
  const auto entries = value.entries();
  if (!entries)
    return problems.push_back(entries.error());
  for (const auto& [kind, entry] : *entries) {
    auto schedule = to.schedule;
    auto in = mapping_reader{entry, problems};
    read_schedule_keys(in, entry, schedule, problems);
    in.finish();
    to.kinds.emplace(kind, schedule);
  }
}

void read_retry(const yaml_value& value, retry_options& to,
                problems_list& problems) {
  auto in = mapping_reader{value, problems};
  read_schedule_keys(in, value, to.schedule, problems);
  if (const auto on = in.take("on"))
    read_kinds_to_retry(*on, to.on, problems);
  if (const auto kinds = in.take("kinds"))
    read_schedules(*kinds, to, problems);
  in.finish();
}

void read_budget(const yaml_value& value, retry_budget_options& to,
                 problems_list& problems) {
  auto in = mapping_reader{value, problems};
  in.optional("percent", to.percent, whole(0, 1'000));
  in.optional("per_minute", to.per_minute, whole(0, 60'000));
  in.optional("saved_max", to.saved_max, whole(1, 1'000'000));
  in.finish();
}

/// Keys that say nothing in this mode were meant for another.
void check_mode(const yaml_value& value, breaker_mode mode,
                problems_list& problems) {
  const auto is_window
    = mode == breaker_mode::count_window || mode == breaker_mode::time_window;
  const auto refuse = [&](bool applies, std::string_view key) {
    require(applies, value.find(key), "does not apply to this mode",
            "remove it, or choose another mode", problems);
  };
  refuse(mode == breaker_mode::count_window, "calls");
  refuse(mode == breaker_mode::time_window, "window");
  for (const auto* key :
       {"calls_min", "failure_ratio", "slow_ratio", "slow_after"})
    refuse(is_window, key);
  refuse(!is_window, "failures");
}

void read_breaker(const yaml_value& value, circuit_breaker_options& to,
                  problems_list& problems) {
  auto in = mapping_reader{value, problems};
  in.optional("mode", to.mode, word(breaker_mode_words));
  in.optional("calls", to.window_calls, whole(1, 1'000'000));
  in.optional("window", to.window_time, span(milliseconds{10}));
  in.optional("calls_min", to.calls_min, whole(1));
  in.optional("failure_ratio", to.failure_ratio, ratio());
  in.optional("slow_ratio", to.slow_ratio, ratio());
  in.optional("slow_after", to.slow_after, span());
  in.optional("failures", to.failures_max, whole(1));
  in.optional("trials", to.trials, whole(1, 100'000));
  in.optional("trial_timeout", to.trial_timeout, span());
  in.optional("open", to.open_initial, span());
  in.optional("open_factor", to.open_factor, number(1.0, 100.0));
  to.open_cap = std::max(to.open_cap, to.open_initial);
  in.optional("open_cap", to.open_cap, span());
  in.optional("open_jitter", to.open_jitter, number(0.0, 1.0));
  in.finish();
  check_mode(value, to.mode, problems);
  require(to.open_cap >= to.open_initial, value.find("open_cap"),
          "the cap is below the first open time",
          "give a cap of at least the first open time", problems);
  if (to.mode == breaker_mode::count_window) {
    const auto calls_min = value.find("calls_min");
    require(to.calls_min <= to.window_calls,
            calls_min ? calls_min : value.find("calls"),
            "the window never holds calls_min calls",
            "give a calls_min of at most calls", problems);
  }
  require(to.slow_after > milliseconds{0}, value.find("slow_ratio"),
          "nothing is slow without slow_after", "give slow_after", problems);
}

/// Times of one layer that another never lets happen.
void check_times(const yaml_value& value, const guard_options& of,
                 problems_list& problems) {
  const auto zero = std::chrono::nanoseconds{0};
  const auto part = [&](std::string_view layer, std::string_view key) {
    const auto mapping = value.find(layer);
    return mapping ? mapping->find(key) : std::nullopt;
  };
  if (of.deadline > zero) {
    if (of.bulkhead)
      require(of.bulkhead->queue_timeout < of.deadline,
              part("bulkhead", "queue_timeout"),
              "a call would wait longer than its deadline",
              "give a queue_timeout below the deadline", problems);
    require(of.attempt_timeout <= of.deadline, value.find("attempt_timeout"),
            "an attempt may take longer than the whole call",
            "give an attempt_timeout of at most the deadline", problems);
    if (of.retry && of.retry->schedule.attempts > 1)
      require(of.attempt_timeout < of.deadline, value.find("attempt_timeout"),
              "the deadline leaves no time for a second attempt",
              "give a shorter attempt_timeout", problems);
  }
  if (of.breaker && of.attempt_timeout > zero) {
    require(of.breaker->slow_after < of.attempt_timeout,
            part("breaker", "slow_after"),
            "no success takes longer than attempt_timeout",
            "give a slow_after below attempt_timeout", problems);
    require(of.breaker->trial_timeout >= of.attempt_timeout,
            part("breaker", "trial_timeout"),
            "a trial would be given up before its attempt",
            "give a trial_timeout of at least attempt_timeout", problems);
  }
}

/// Trials last as long as attempts may, unless the file says otherwise.
void adjust_trials(const yaml_value& value, guard_options& of) {
  const auto breaker = value.find("breaker");
  if (of.breaker && breaker && !breaker->find("trial_timeout"))
    of.breaker->trial_timeout
      = std::max(of.breaker->trial_timeout, 2 * of.attempt_timeout);
}

/// Reads a layer into its options, over those of the profile.
template <class Layer, class Read>
void read_layer(mapping_reader& in, std::string_view key,
                std::optional<Layer>& to, const Read& read,
                problems_list& problems) {
  if (const auto value = in.take(key)) {
    if (!to)
      to.emplace();
    read(*value, *to, problems);
  }
}

guard_options read_guard(const yaml_value& value, problems_list& problems) {
  auto to = guard_options{};
  auto in = mapping_reader{value, problems};
  in.optional("profile", to, [](const yaml_value& at) {
    auto words = std::vector<std::pair<std::string_view, std::string_view>>{};
    for (const auto name : guard_profile_names())
      words.emplace_back(name, name);
    return at.choice<std::string_view>(words).map(
      [](std::string_view name) { return *guard_profile(name); });
  });
  read_layer(in, "rate", to.rate, read_rate, problems);
  read_layer(in, "quota", to.quota, read_quota, problems);
  read_layer(in, "bulkhead", to.bulkhead, read_bulkhead, problems);
  in.optional("deadline", to.deadline, span());
  read_layer(in, "retry", to.retry, read_retry, problems);
  if (const auto budget = in.take("retry_budget"))
    read_budget(*budget, to.budget, problems);
  read_layer(in, "breaker", to.breaker, read_breaker, problems);
  in.optional("attempt_timeout", to.attempt_timeout, span());
  in.optional("calls_max", to.calls_max, whole(1, 10'000'000));
  in.optional("state_age_max", to.state_age_max, span());
  in.finish();
  require(to.retry.has_value(), value.find("retry_budget"),
          "nothing is tried again", "give retry", problems);
  adjust_trials(value, to);
  check_times(value, to, problems);
  return to;
}

constexpr auto version_words
  = std::to_array<std::pair<std::string_view, int>>({{"troupe/v1", 1}});
constexpr auto kind_words
  = std::to_array<std::pair<std::string_view, int>>({{"Guards", 1}});

} // namespace

tl::expected<guard_file, std::vector<problem>>
parse_guards(const yaml_value& document) {
  auto problems = problems_list{};
  auto guards = guard_file{};
  auto ignored = 0;
  auto in = mapping_reader{document, problems};
  in.required("apiVersion", ignored, word(version_words));
  in.required("kind", ignored, word(kind_words));
  auto named = std::vector<std::pair<std::string, yaml_value>>{};
  in.required("guards", named,
              [](const yaml_value& value) { return value.entries(); });
  in.finish();
  if (named.size() > guards_max)
    problems.push_back(document.error(
      "more than " + std::to_string(guards_max) + " guards", "split the file"));
  else
    for (const auto& [name, value] : named)
      guards.emplace(name, read_guard(value, problems));
  if (!problems.empty())
    return tl::unexpected{in_file_order(std::move(problems))};
  return guards;
}

tl::expected<guard_file, std::vector<problem>>
read_guards(const std::string& path) {
  const auto document = yaml_document::read(path);
  if (!document)
    return tl::unexpected{problems_list{document.error()}};
  return parse_guards(document->root());
}

outcome<guard_options> find_guard(const guard_file& guards,
                                  std::string_view name) {
  const auto found = guards.find(name);
  if (found != guards.end())
    return found->second;
  auto known = std::vector<std::string_view>{};
  for (const auto& [key, options] : guards)
    known.push_back(key);
  return fail(
    problem_kind::invalid_input, "unknown guard \"" + std::string{name} + "\"",
    known.empty() ? "no guard is defined" : spelling_hint(name, known));
}

} // namespace troupe::runtime
