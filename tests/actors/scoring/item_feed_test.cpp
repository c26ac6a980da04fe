#include "actors/scoring/item_feed.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;
using runtime::problem_kind;

namespace {

runtime::outcome<item_feed> open(const scoring_request& request) {
  const auto plan = compile(preset_configuration("default").value()).value();
  return open_item_feed(request, plan, {});
}

} // namespace

TEST_CASE("a file is opened with its format and size") {
  const auto folder = temporary_folder{};
  auto request = scoring_request{};
  request.items = folder.write("items.csv", "work_item_id\n1\n").string();
  const auto feed = open(request);
  REQUIRE(feed);
  CHECK(feed->name == request.items);
  CHECK(feed->format == item_format::csv);
  CHECK(feed->size_bytes == std::optional<std::uint64_t>{15});
  CHECK(feed->ranges.has_value());
}

TEST_CASE("what does not belong to a kind of place is refused") {
  using change = std::function<void(scoring_request&)>;
  const auto with_query = [](scoring_request& r) { r.query = "SELECT 1"; };
  const auto with_token
    = [](scoring_request& r) { r.token = "secret://env/T"; };
  const auto with_endpoint
    = [](scoring_request& r) { r.endpoint = "https://h"; };
  const auto with_format
    = [](scoring_request& r) { r.format = item_format::csv; };
  const auto with_both = [](scoring_request& r) {
    r.query = "SELECT 1";
    r.token = "secret://env/T";
  };
  const auto none = [](scoring_request&) {};
  const auto cases = std::vector<std::tuple<std::string, change, std::string>>{
    {"items.jsonl", with_query, "--query"},
    {"items.jsonl", with_token, "--token"},
    {"items.jsonl", with_endpoint, "--endpoint"},
    {"sqlite:items.db", none, "--query"},
    {"sqlite:items.db", with_both, "--token"},
    {"sqlite:items.db", with_format, "--format"},
    {"postgresql://h/d", none, "--query"},
    {"azure-devops:o/p", with_format, "--format"},
    {"azure-devops:o", none, "--items"},
  };
  for (const auto& [items, apply, key] : cases) {
    auto request = scoring_request{};
    request.items = items;
    apply(request);
    CAPTURE(items, key);
    const auto refused = open(request);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == problem_kind::invalid_input);
    CHECK(refused.error().key == key);
    CHECK_FALSE(refused.error().hint.empty());
  }
}

TEST_CASE("a token that is not there is not guessed") {
  auto request = scoring_request{};
  request.items = "azure-devops:o/p";
  const auto absent = open(request);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == problem_kind::not_found);
  CHECK(absent.error().message.find("ADO_PAT") != std::string::npos);
  request.token = "the token itself";
  const auto literal = open(request);
  REQUIRE_FALSE(literal);
  CHECK(literal.error().kind == problem_kind::invalid_input);
  CHECK(literal.error().key == "--token");
  CHECK(render(literal.error()).find("itself") == std::string::npos);
}
