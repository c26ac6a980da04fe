#include "tests/scenarios/outage.hpp"

#include "tests/scenarios/outage_callers.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace troupe::tests {

namespace chrono = std::chrono;
using namespace std::chrono_literals;

namespace {

/// One in ten critical, two high, five normal, two low.
runtime::call_class draw_class(runtime::draw_stream& draws) {
  using runtime::call_class;
  constexpr auto classes
    = std::array{call_class::critical, call_class::high,   call_class::high,
                 call_class::normal,   call_class::normal, call_class::normal,
                 call_class::normal,   call_class::normal, call_class::low,
                 call_class::low};
  return classes[draws.below(classes.size())];
}

struct phase {
  virtual_time begin;
  virtual_time end;
  double load = 1.0;
  double slowdown = 1.0;

  /// Calls a second that could be good.
  [[nodiscard]] double possible() const {
    return outage_script::capacity * std::min(load, 1.0 / slowdown);
  }

  [[nodiscard]] double seconds() const {
    return chrono::duration<double>(end - begin).count();
  }
};

std::array<phase, 3> phases_of(const outage_script& script) {
  const auto outage = virtual_time{} + script.before;
  const auto over = outage + script.during;
  return {{{virtual_time{}, outage, script.load_around, 1.0},
           {outage, over, script.load_during, script.slowdown},
           {over, over + script.after, script.load_around, 1.0}}};
}

/// Arrivals of all phases, and the backend's two changes.
class outage_run {
public:
  outage_run(const outage_script& script, protection by)
    : phases_{phases_of(script)}, draws_{script.seed, 0},
      backend_{loop_, outage_script::servers, script.seed},
      callers_{make_callers(by, loop_, backend_, script.seed)} {
    for (const auto& each : phases_)
      loop_.at(each.begin,
               [this, &each] { backend_.set_slowdown(each.slowdown); });
    arrive();
  }

  const call_log& run() {
    // Calls of the last moments may still end.
    loop_.run_until(phases_.back().end + 10s);
    return callers_->log();
  }

  [[nodiscard]] const std::array<phase, 3>& phases() const noexcept {
    return phases_;
  }

private:
  [[nodiscard]] double load() const {
    for (const auto& each : phases_) {
      if (loop_.now() < each.end)
        return each.load;
    }
    return 0.0;
  }

  void arrive() {
    if (load() <= 0.0)
      return;
    const auto gap
      = exponential(draws_, 1.0 / (load() * outage_script::capacity));
    loop_.after(gap, [this] {
      if (load() > 0.0)
        callers_->call(draw_class(draws_));
      arrive();
    });
  }

  std::array<phase, 3> phases_;
  event_loop loop_;
  runtime::draw_stream draws_;
  virtual_backend backend_;
  std::unique_ptr<outage_callers> callers_;
};

std::size_t count_between(const std::vector<virtual_time>& sorted,
                          virtual_time begin, virtual_time end) {
  return static_cast<std::size_t>(
    std::lower_bound(sorted.begin(), sorted.end(), end)
    - std::lower_bound(sorted.begin(), sorted.end(), begin));
}

double share(const std::vector<virtual_time>& good, const phase& of) {
  return static_cast<double>(count_between(good, of.begin, of.end))
         / (of.possible() * of.seconds());
}

chrono::microseconds percentile_99(std::vector<virtual_duration> values) {
  if (values.empty())
    return {};
  const auto rank = values.size() - 1 - values.size() / 100;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), at, values.end());
  return chrono::duration_cast<chrono::microseconds>(*at);
}

void measure_recovery(const std::vector<virtual_time>& good, const phase& after,
                      outage_result& to) {
  const auto enough
    = 0.9 * after.possible()
      * chrono::duration<double>(outage_script::interval).count();
  auto from = after.begin;
  for (; from + outage_script::interval <= after.end; from += 100ms) {
    const auto found
      = count_between(good, from, from + outage_script::interval);
    if (static_cast<double>(found) >= enough) {
      to.is_recovered = true;
      break;
    }
  }
  to.recovery = chrono::duration_cast<chrono::milliseconds>(
    (to.is_recovered ? from : after.end) - after.begin);
}

std::string name_of(protection by) {
  switch (by) {
    case protection::none:
      return "none, 3 attempts";
    case protection::source_rules:
      return "source rules";
    case protection::source_rules_without_low:
      return "source rules, no low calls";
    case protection::guarded:
      break;
  }
  return "guard";
}

outage_result run_once(const outage_script& script, protection by) {
  auto run = outage_run{script, by};
  const auto& log = run.run();
  const auto& [before, during, after] = run.phases();
  auto good = log.good;
  std::sort(good.begin(), good.end());
  auto result = outage_result{};
  result.name = name_of(by);
  result.goodput_before = share(good, before);
  result.goodput_during = share(good, during);
  result.goodput_after = share(good, after);
  auto possible = 0.0;
  for (const auto& each : run.phases())
    possible += each.possible() * each.seconds();
  result.goodput
    = static_cast<double>(count_between(good, before.begin, after.end))
      / possible;
  result.p99_admitted = percentile_99(log.admitted);
  if (!log.admitted.empty())
    result.attempts_per_call = static_cast<double>(log.attempts)
                               / static_cast<double>(log.admitted.size());
  measure_recovery(good, after, result);
  return result;
}

} // namespace

runtime::guard_options outage_guard() {
  auto options = runtime::guard_options{};
  options.bulkhead = runtime::bulkhead_options{8, 24, 200ms};
  options.deadline = 450ms;
  options.attempt_timeout = 250ms;
  options.retry.emplace();
  options.retry->schedule.initial = 20ms;
  options.retry->schedule.cap = 100ms;
  auto breaker = runtime::circuit_breaker_options{};
  breaker.mode = runtime::breaker_mode::count_window;
  breaker.window_calls = 50;
  breaker.calls_min = 20;
  breaker.slow_after = 200ms;
  breaker.slow_ratio = 0.5;
  breaker.trials = 5;
  breaker.open_initial = 1s;
  breaker.open_cap = 5s;
  options.breaker = breaker;
  return options;
}

outage_result run_outage(const outage_script& script, protection by) {
  auto result = run_once(script, by);
  for (auto change = -10s; change <= 10s; change += 5s) {
    auto other = script;
    other.during += change;
    result.recovery_max
      = std::max(result.recovery_max, run_once(other, by).recovery);
  }
  return result;
}

chrono::microseconds normal_p99(std::uint64_t seed) {
  auto script = outage_script{};
  script.load_around = 0.7;
  script.load_during = 0.7;
  script.slowdown = 1.0;
  script.seed = seed;
  return run_once(script, protection::none).p99_admitted;
}

std::string render_table(const std::vector<outage_result>& rows,
                         chrono::microseconds normal) {
  auto text = std::string{
    "| protection | before | during | after | goodput | p99 admitted | "
    "recovery (slowest) | attempts per call |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |\n"};
  const auto seconds
    = [](auto time) { return chrono::duration<double>(time).count(); };
  for (const auto& row : rows) {
    auto line = std::array<char, 256>{};
    std::snprintf(line.data(), line.size(),
                  "| %s | %.0f %% | %.0f %% | %.0f %% | %.1f %% | %.2f s "
                  "(%.1fx) | %s%.1f s (%.1f s) | %.2f |\n",
                  row.name.c_str(), 100 * row.goodput_before,
                  100 * row.goodput_during, 100 * row.goodput_after,
                  100 * row.goodput, seconds(row.p99_admitted),
                  seconds(row.p99_admitted) / seconds(normal),
                  row.is_recovered ? "" : "> ", seconds(row.recovery),
                  seconds(row.recovery_max), row.attempts_per_call);
    text += line.data();
  }
  return text;
}

} // namespace troupe::tests
