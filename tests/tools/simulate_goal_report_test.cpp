#include "tools/cli/simulate_goal_report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <functional>

using namespace troupe;
using namespace troupe::tools;

namespace {

using curve = std::function<std::int64_t(simulation::ppm)>;

simulation::goal_seek searched(std::int64_t target, const curve& measure,
                               std::size_t runs_max = 40) {
  auto wanted = simulation::goal{.target = target, .tolerance = 50};
  wanted.highest = 100'000;
  wanted.runs_max = runs_max;
  auto search = simulation::goal_seek::create(wanted).value();
  for (auto values = search.next(); !values.empty(); values = search.next())
    for (const auto value : values)
      search.tell(value, measure(value));
  return search;
}

std::string rendered(const simulation::goal_seek& search) {
  return render_goal({search, "growth_rate",
                      *simulation::find_measure("end_payroll_cents"), 2029});
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a goal that is met is told with its tries") {
  const auto text
    = rendered(searched(130'000, [](auto x) { return 100'010 + x; }));
  CHECK(text
        == "target: end payroll 2029 = 1,300.00, give or take 0.50\n\n"
           "round  growth_rate  end payroll 2029  off the target\n"
           "    1            0          1,000.10         -299.90\n"
           "    1         0.05          1,500.10          200.10\n"
           "    1          0.1          2,000.10          700.10\n"
           "    2     0.016666          1,166.76         -133.24\n"
           "    2      0.02999          1,300.00            0.00\n\n"
           "met: growth_rate = 0.02999 gives 1,300.00, exactly the target\n"
           "5 of 40 runs in 2 rounds\n");
}

TEST_CASE("a goal that is not met says why, and what is nearest") {
  const auto jump = rendered(
    searched(130'000, [](auto x) { return x < 30'000 ? 120'000 : 150'000; }));
  CHECK(contains(jump, "the figure jumps from 1,200.00 at 0.029999 to 1,500.00 "
                       "at 0.03; the nearest, growth_rate = 0 gives 1,200.00, "
                       "100.00 below the target\n"));
  const auto far
    = rendered(searched(900'000, [](auto x) { return 100'000 + x; }));
  CHECK(contains(far, "not met: out of reach of growth_rate from 0 to 0.1; the "
                      "nearest, growth_rate = 0.1 gives 2,000.00, 7,000.00 "
                      "below the target\n"));
  const auto few = rendered(searched(
    130'000, [](auto x) { return x * x / 10'000; }, 3));
  CHECK(contains(few, "the runs are used up; the nearest so far, "));
  CHECK(contains(few, "it lies between, from 0.00 at 0 to 2,500.00 at 0.05\n"));
  CHECK(contains(few, "3 of 3 runs in 1 round\n"));
}

TEST_CASE("a figure that rises and falls is said to") {
  const auto hill = [](auto x) { return 100'000 - std::abs(x - 50'000); };
  CHECK(contains(rendered(searched(70'000, hill)), "other answers\n"));
  const auto ramp = [](auto x) { return x; };
  CHECK_FALSE(contains(rendered(searched(70'000, ramp)), "other answers"));
}

TEST_CASE("a goal as JSON says what was sought and how it ended") {
  const auto search = searched(130'000, [](auto x) { return 100'000 + x; });
  const auto json
    = goal_json({search, "growth_rate",
                 *simulation::find_measure("end_payroll_cents"), 2029});
  CHECK(json.at("parameter") == "growth_rate");
  CHECK(json.at("measure") == "end_payroll_cents");
  CHECK(json.at("target") == 130'000);
  CHECK(json.at("state") == "met");
  CHECK(json.at("value_ppm") == 30'000);
}
