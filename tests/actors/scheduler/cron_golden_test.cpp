#include "actors/scheduler/cron_schedule.hpp"
#include "tests/actors/scheduler/schedules.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace troupe::scheduler;
using namespace troupe::tests;
using json = nlohmann::json;

namespace {

json golden_json(const std::string& name) {
  return json::parse(read_file(golden("cron/" + name)));
}

/// Checks each vector both ways; how many there were.
std::size_t check_vectors(const std::string& name, const std::string& key) {
  const auto file = golden_json(name);
  for (const auto& vector : file["vectors"]) {
    const auto expected = vector[key].get<std::vector<std::string>>();
    const auto schedule = cron(vector["expression"].get<std::string>(),
                               vector["tz"].get<std::string>());
    const auto from = at(vector["from"].get<std::string>());
    CAPTURE(vector["id"], vector["expression"], vector["tz"], vector["from"]);
    auto found = std::vector<std::string>{};
    auto last = from;
    while (found.size() < expected.size()) {
      const auto next = schedule.next(last);
      REQUIRE(next);
      found.push_back(troupe::runtime::to_string(*next));
      last = *next;
    }
    CHECK(found == expected);
    found = {troupe::runtime::to_string(last)};
    while (found.size() < expected.size()) {
      const auto previous = schedule.previous(last);
      REQUIRE(previous);
      found.push_back(troupe::runtime::to_string(*previous));
      last = *previous;
    }
    std::reverse(found.begin(), found.end());
    CHECK(found == expected);
    const auto before_all = schedule.previous(last);
    REQUIRE(before_all);
    CHECK(*before_all <= from);
  }
  return file["vectors"].size();
}

} // namespace

TEST_CASE("cron agrees with the golden vectors, forwards and backwards") {
  CHECK(check_vectors("vectors.json", "next") == 333);
}

TEST_CASE("cron agrees with the golden vectors of nearest weekdays") {
  CHECK(check_vectors("nearest_weekday.json", "next") == 20);
}

TEST_CASE("cron follows policy a where others differ at clock changes") {
  CHECK(check_vectors("dst_disputed.json", "policy_a_next") == 30);
}

TEST_CASE("cron refuses what nobody understands, and says where") {
  const auto file = golden_json("invalid.json");
  CHECK(file["expressions"].size() == 26);
  for (const auto& given : file["expressions"]) {
    const auto text = given.get<std::string>();
    CAPTURE(text);
    const auto parsed = parse_cron(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == troupe::runtime::problem_kind::invalid_input);
    CHECK_FALSE(parsed.error().message.empty());
    CHECK_FALSE(parsed.error().hint.empty());
    CHECK((parsed.error().column > 0 || text.front() == '@'));
  }
}

TEST_CASE("the canonical text of every golden expression means the same") {
  for (const auto* name : {"vectors.json", "nearest_weekday.json"}) {
    const auto file = golden_json(name);
    for (const auto& vector : file["vectors"]) {
      const auto text = vector["expression"].get<std::string>();
      const auto parsed = expression(text);
      const auto canonical = to_string(parsed);
      CAPTURE(text, canonical);
      CHECK(expression(canonical) == parsed);
      CHECK(to_string(expression(canonical)) == canonical);
    }
  }
}
