#include "actors/scoring/azure_devops_reading.hpp"
#include "tests/support/azure_devops_double.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;
using nlohmann::json;
using runtime::problem_kind;

namespace {

constexpr auto requests_max = 2'000;
constexpr auto start = runtime::clock::wall_time{1'700'000'000s};

/// A reading of a project from beginning to end, with time that only passes in
/// pauses.
class fixture {
public:
  fixture() {
    question.project = find_azure_devops_project("o", "p", "").value();
    question.condition = "[System.State] NOT IN ('Closed')";
  }

  void add(std::int64_t first, std::int64_t last, std::int64_t step = 1) {
    for (auto id = first; id <= last; id += step)
      server.items[id] = {{"System.State", "New"}};
  }

  runtime::outcome<void> read() {
    auto reading = azure_devops_reading{question};
    auto now = start;
    lines.clear();
    for (auto i = 0; i < requests_max && !reading.is_done(); ++i) {
      pauses.push_back(reading.pause());
      now += reading.pause();
      if (auto taken
          = reading.take(server.answer(reading.request()), now, 0.0, lines);
          !taken)
        return taken;
    }
    REQUIRE(reading.is_done());
    missing = reading.missing_items();
    return {};
  }

  [[nodiscard]] std::vector<std::int64_t> ids_read() const {
    auto ids = std::vector<std::int64_t>{};
    auto in = std::istringstream{lines};
    for (auto line = std::string{}; std::getline(in, line);)
      ids.push_back(json::parse(line).at("work_item_id"));
    return ids;
  }

  [[nodiscard]] std::vector<std::int64_t> ids_there() const {
    auto ids = std::vector<std::int64_t>{};
    for (const auto& [id, fields] : server.items)
      if (fields.at("System.State") != "Closed" && server.gone.count(id) == 0)
        ids.push_back(id);
    return ids;
  }

  azure_devops_double server;
  azure_devops_question question;
  std::string lines;
  std::vector<std::chrono::milliseconds> pauses;
  std::uint64_t missing = 0;
};

} // namespace

TEST_CASE_METHOD(fixture, "all work items are read in the order of their ids") {
  add(1, 950, 2);
  server.items[501] = {{"System.State", "Closed"}};
  REQUIRE(read());
  CHECK(ids_read() == ids_there());
  // Two lists, the last without ids, and three batches of 200 at most.
  CHECK(server.requests().size() == 5);
}

TEST_CASE_METHOD(fixture, "an empty project has no items") {
  REQUIRE(read());
  CHECK(lines.empty());
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(fixture, "lists longer than the server allows are split") {
  server.ids_listed_max = 100;
  server.top_counts = GENERATE(false, true);
  question.ids_max = GENERATE(std::size_t{100}, std::size_t{30});
  question.items_max = 40;
  SECTION("when ids are dense") {
    add(1, 1'234);
  }
  SECTION("when ids begin far up, in clusters") {
    add(5'000'000, 5'000'450);
    add(700'000'000, 700'000'120, 3);
    add(2'147'483'600, 2'147'483'647);
  }
  SECTION("when they just fit, or just do not") {
    add(10, static_cast<std::int64_t>(GENERATE(109, 110)));
  }
  REQUIRE(read());
  CHECK(ids_read() == ids_there());
}

TEST_CASE_METHOD(fixture, "items that are gone meanwhile are left out") {
  add(1, 500);
  server.gone = {3, 4, 250};
  REQUIRE(read());
  CHECK(ids_read() == ids_there());
  CHECK(missing == 3);
}

TEST_CASE_METHOD(fixture, "a server that refuses every list is given up") {
  add(1, 10);
  server.ids_listed_max = 0;
  const auto refused = read();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::failed);
}

TEST_CASE_METHOD(fixture, "a throttling server is obeyed and asked again") {
  add(1, 300);
  server.troubles[2] = error_reply(429, "TF400733", {{"Retry-After", "17"}});
  server.troubles[3] = error_reply(503, "busy");
  server.troubles[5] = sign_in_page(502);
  REQUIRE(read());
  CHECK(ids_read() == ids_there());
  CHECK(pauses
        == std::vector<std::chrono::milliseconds>{0ms, 0ms, 17s, 500ms, 0ms,
                                                  250ms, 0ms});
}

TEST_CASE_METHOD(fixture, "a wait asked for with an answer is kept as well") {
  add(1, 10);
  server.troubles[1] = json_reply(
    200, {{"workItems", {{{"id", 1}}, {{"id", 10}}}}}, {{"Retry-After", "3"}});
  REQUIRE(read());
  CHECK(pauses == std::vector<std::chrono::milliseconds>{0ms, 3s, 0ms});
}

TEST_CASE_METHOD(fixture, "requests slow down as the budget nears its end") {
  add(1, 10);
  const auto budget = [](const std::string& remaining) {
    return json_reply(200, {{"workItems", {{{"id", 1}}}}},
                      {{"X-RateLimit-Remaining", remaining},
                       {"X-RateLimit-Limit", "200"},
                       {"X-RateLimit-Reset", "1700000020"}});
  };
  server.troubles[1] = budget(GENERATE("200", "20", "10", "0"));
  REQUIRE(read());
  const auto remaining = std::stod(server.troubles[1].headers[0].value);
  CHECK(pauses.at(1) == (remaining >= 20 ? 0s : remaining == 10 ? 10s : 20s));
}

TEST_CASE_METHOD(fixture, "endless trouble is reported in the end") {
  add(1, 10);
  question.attempts_max = 3;
  for (const auto i : {2, 3, 4})
    server.troubles[static_cast<std::size_t>(i)] = error_reply(503, "busy");
  const auto refused = read();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::unavailable);
  CHECK(refused.error().message.find("after 3 attempts") != std::string::npos);
  CHECK(server.requests().size() == 4);
}

TEST_CASE_METHOD(fixture, "a wait that is too long is reported") {
  server.troubles[1] = error_reply(429, "", {{"Retry-After", "301"}});
  const auto refused = read();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::unavailable);
  CHECK(refused.error().message.find("301 seconds") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a refusal is not repeated") {
  add(1, 10);
  const auto reply
    = GENERATE(error_reply(401, ""), error_reply(403, ""), error_reply(404, ""),
               error_reply(400, "TF1"), sign_in_page(200));
  server.troubles[2] = reply;
  CHECK_FALSE(read());
  CHECK(server.requests().size() == 2);
}

TEST_CASE_METHOD(fixture, "only a server that once answered is asked again") {
  auto lost = runtime::problem{};
  lost.kind = problem_kind::unavailable;
  lost.message = "no connection";
  lost.file = "dev.azure.com";
  auto reading = azure_devops_reading{question};
  const auto refused = reading.take(lost, 0.5);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().file == question.project.name);
  add(1, 10);
  auto other = azure_devops_reading{question};
  REQUIRE(other.take(server.answer(other.request()), start, 0.0, lines));
  const auto before = other.request().body;
  REQUIRE(other.take(lost, 0.5));
  CHECK(other.pause() == 375ms);
  CHECK(other.request().body == before);
  lost.kind = problem_kind::denied;
  CHECK_FALSE(other.take(lost, 0.5));
}
