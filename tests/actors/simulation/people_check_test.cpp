#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/people_check.hpp"
#include "actors/simulation/year_plan.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

namespace {

std::string refusal_of(const std::vector<people>& blocks) {
  const auto checked = check_people(tests::read_golden_scenario(), blocks);
  if (checked)
    return {};
  CHECK(checked.error().kind == runtime::problem_kind::invalid_input);
  CHECK_FALSE(checked.error().hint.empty());
  return checked.error().message;
}

} // namespace

TEST_CASE("people in order can start a projection") {
  CHECK(refusal_of(make_blocks(tests::read_golden_census().staff, 7)).empty());
  CHECK(refusal_of({}).empty());
}

TEST_CASE("who cannot start a projection is named") {
  const auto good = make_blocks(tests::read_golden_census().staff, 64);
  auto blocks = good;
  blocks[2].key[0] = blocks[1].key.back();
  CHECK(refusal_of(blocks)
        == "the person with key 128 comes twice or after a larger key");
  blocks = good;
  blocks.back().key.back() = hire_key(2025, 0);
  CHECK(refusal_of(blocks)
        == "the person with key 8697308774400 has a key of hires");
  blocks = good;
  blocks[0].level[3] = 6;
  CHECK(refusal_of(blocks) == "the person with key 4 has level 6");
  blocks[0].level[3] = 0;
  CHECK(refusal_of(blocks) == "the person with key 4 has level 0");
  blocks = good;
  blocks[0].pay[3] = 0;
  CHECK(refusal_of(blocks) == "the person with key 4 has a pay of 0 cents");
  blocks[0].pay[3] = pay_max + 1;
  CHECK(refusal_of(blocks)
        == "the person with key 4 has a pay of 100000000001 cents");
  blocks[0].pay[3] = pay_max;
  CHECK(refusal_of(blocks).empty());
  blocks[0].hire_date[3] = make_year_plan({}, 2025).days.first;
  CHECK(refusal_of(blocks) == "the person with key 4 is hired after the start");
}

} // namespace troupe::simulation
