#include "actors/simulation/headcount.hpp"
#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/projection.hpp"
#include "actors/simulation/scenario_file.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "tests/actors/simulation/checked_years.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::simulation;
using tests::promise;

namespace {

constexpr auto scenarios_tried_max = std::size_t{3};
constexpr auto years_tried_max = std::int32_t{3};
/// A growth of ten times a year, or hires of whom all but one in a million
/// leave, are legal.
constexpr auto hires_tried_max = std::int64_t{2'000};

/// People of all ages and levels.
people make_staff(std::int32_t year) {
  const auto plan = make_year_plan({}, year);
  auto staff = people{};
  staff.resize(30);
  for (auto at = std::size_t{0}; at < staff.size(); ++at) {
    staff.key[at] = at + 1;
    staff.birth_date[at] = plan.new_years[18 + 2 * at] - 1;
    staff.hire_date[at] = plan.new_years[at] - 1;
    staff.pay[at] = static_cast<cents>(1 + at * 700'000);
    staff.level[at] = static_cast<std::uint8_t>(1 + at % level_count);
    staff.plan[at] = static_cast<enrollment>(at % 3);
  }
  return staff;
}

headcount_source few_headcounts(const scenario& of) {
  return [planned = planned_headcounts(of)](
           std::int32_t year,
           std::int64_t start) -> runtime::outcome<year_headcounts> {
    auto counts = planned(year, start);
    if (counts && counts->hires > hires_tried_max)
      return runtime::fail(runtime::problem_kind::failed, "too many hires");
    return counts;
  };
}

/// A scenario that was read has years that keep the rules, or a reason why
/// there are none.
void run(scenario of) {
  of.end_year = std::min(of.end_year, of.start_year + years_tried_max - 1);
  const auto headcounts = few_headcounts(of);
  const auto blocks = make_blocks(make_staff(of.start_year), 20);
  auto checked = tests::checked_years{blocks, headcounts};
  const auto years
    = project(of, blocks, 20, headcounts,
              [&checked](const projected_year& year) -> runtime::outcome<void> {
                promise(checked.check(year).empty(), "a year keeps the rules");
                return {};
              });
  promise(years || !years.error().message.empty(), "a problem has a message");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = tests::text_of(data, size);
  const auto document = runtime::yaml_document::parse(text, "fuzz");
  if (!document) {
    promise(!document.error().message.empty(), "a problem has a message");
    return 0;
  }
  const auto read = parse_scenarios(*document, "fuzz");
  if (!read) {
    tests::promise_reasons(read.error());
    return 0;
  }
  promise(!read->empty(), "a file has a scenario");
  const auto again = parse_scenarios(*document, "fuzz");
  const auto tried = std::min(read->size(), scenarios_tried_max);
  for (auto at = std::size_t{0}; at < tried; ++at) {
    const auto& [name, values] = (*read)[at];
    promise(values.start_year <= values.end_year, "years go forwards");
    promise(canonical_text(values) == canonical_text((*again)[at].values),
            "a text is read the same twice");
    run(values);
  }
  return 0;
}
