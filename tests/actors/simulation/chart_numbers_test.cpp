#include "actors/simulation/chart_numbers.hpp"

#include <catch2/catch.hpp>

using namespace troupe::simulation;
using unit = measure_unit;

namespace {

std::vector<std::string> axis(unit of, const chart_scale& scale) {
  const auto text = axis_numbers(of, scale);
  auto all = std::vector<std::string>{};
  for (const auto tick : scale.ticks())
    all.push_back(text(tick));
  return all;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("the ticks of an axis are exact and tell each other apart") {
  CHECK(axis(unit::people, {0, 1'500, 500})
        == texts{"0", "500", "1,000", "1,500"});
  CHECK(axis(unit::people, {0, 20'000'000, 10'000'000})
        == texts{"0", "10M", "20M"});
  CHECK(axis(unit::cents, {0, 4'000'000'000, 2'000'000'000})
        == texts{"0", "20M", "40M"});
  CHECK(axis(unit::cents, {1'245'000'000, 1'246'000'000, 500'000})
        == texts{"12.450M", "12.455M", "12.460M"});
  CHECK(axis(unit::cents, {0, 15'000'000, 5'000'000})
        == texts{"0", "50k", "100k", "150k"});
  CHECK(axis(unit::cents, {0, 100, 50}) == texts{"0", "0.5", "1.0"});
  CHECK(axis(unit::ppm, {0, 1'000'000, 500'000})
        == texts{"0 %", "50 %", "100 %"});
  CHECK(axis(unit::ppm, {650'000, 660'000, 5'000})
        == texts{"65.0 %", "65.5 %", "66.0 %"});
}

TEST_CASE("a value is short, rounded halves up") {
  CHECK(render_compact(unit::people, 1'234'567) == "1,234,567");
  CHECK(render_compact(unit::cents, 995'050) == "9,951");
  CHECK(render_compact(unit::cents, 13'877'400) == "138.8k");
  CHECK(render_compact(unit::cents, 1'245'500'000) == "12.46M");
  CHECK(render_compact(unit::cents, 13'420'000'000) == "134.2M");
  CHECK(render_compact(unit::cents, 125'000'000'000) == "1.25B");
  CHECK(render_compact(unit::ppm, 832'450) == "83.2 %");
  CHECK(render_compact(unit::cents, -1'245'500'000) == "-12.46M");
}

TEST_CASE("a change has its sign, and none from nothing") {
  CHECK(render_change(200, 234) == "+17.0 %");
  CHECK(render_change(200, 183) == "-8.5 %");
  CHECK(render_change(200, 200) == "0.0 %");
  CHECK(render_change(0, 5) == "-");
}
