#include "tests/scenarios/outage.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

using namespace troupe::tests;

namespace {

/// With less before and after the outage where the program is slow.
outage_script short_script() {
  auto script = outage_script{};
  script.after = script.after / (is_slowed() ? 4 : 1);
  script.before = script.before / (is_slowed() ? 4 : 1);
  return script;
}

std::vector<outage_result> run_all(const outage_script& script) {
  auto rows = std::vector<outage_result>{};
  for (const auto by :
       {protection::none, protection::source_rules,
        protection::source_rules_without_low, protection::guarded})
    rows.push_back(run_outage(script, by));
  return rows;
}

/// What a guard promises when its backend is ten times slower for a minute.
void check_bars(const outage_script& script) {
  const auto normal = normal_p99(script.seed);
  // What others do is for comparison, which is not what sanitizers are for.
  const auto rows = is_slowed()
                      ? std::vector{run_outage(script, protection::guarded)}
                      : run_all(script);
  INFO("seed " << script.seed << "\n" << render_table(rows, normal));
  const auto& guarded = rows.back();
  CHECK(guarded.goodput >= 0.9);
  CHECK(guarded.goodput_after >= 0.9);
  CHECK(guarded.p99_admitted <= 3 * normal);
  CHECK(guarded.is_recovered);
  CHECK(guarded.recovery_max <= 2 * outage_script::interval);
  // Budget: a tenth, and what is saved and given per minute.
  CHECK(guarded.attempts_per_call <= 1.1);
  if (rows.size() == 1)
    return;
  CHECK(rows[0].goodput < guarded.goodput / 2);
  CHECK(rows[1].goodput < guarded.goodput / 2);
  // Without low calls and overload, the source rules do as well but for the
  // time to recover.
  for (const auto& row : rows)
    CHECK(row.recovery_max >= guarded.recovery_max);
}

} // namespace

TEST_CASE("a guard keeps an overloaded backend useful through an outage") {
  auto script = outage_script{};
  script.seed = GENERATE(range(1UL, effort(3) + 1UL));
  check_bars(script);
}

TEST_CASE("a guard keeps a calm backend useful through an outage") {
  auto script = outage_script{};
  script.load_around = 0.7;
  script.seed = GENERATE(range(1UL, effort(3) + 1UL));
  check_bars(script);
}

TEST_CASE("the outage is the same for the same seed") {
  const auto script = short_script();
  const auto once = run_outage(script, protection::guarded);
  const auto again = run_outage(script, protection::guarded);
  CHECK(once.goodput == again.goodput);
  CHECK(once.p99_admitted == again.p99_admitted);
  CHECK(once.recovery == again.recovery);
}

TEST_CASE("without protection an overloaded backend does nothing useful") {
  const auto result = run_outage(short_script(), protection::none);
  CHECK(result.goodput < 0.1);
  CHECK_FALSE(result.is_recovered);
}
