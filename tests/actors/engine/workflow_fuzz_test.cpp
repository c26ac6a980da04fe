#include "actors/engine/workflow_file.hpp"
#include "tests/actors/engine/random_expressions.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

namespace {

/// One to six edits: a byte, a cut, a repetition, or a piece that means much.
std::string mutilated(std::string text, draws& random) {
  using namespace std::string_view_literals;
  constexpr auto pieces = std::to_array<std::string_view>(
    {"{"sv,      "}"sv,         "["sv,      "]"sv,       ":"sv,     ","sv,
     "- "sv,     "\""sv,        "'"sv,      "\n"sv,      " "sv,     "#"sv,
     "&a "sv,    "*a"sv,        "|"sv,      ">"sv,       "\\"sv,    "\xff"sv,
     "\x00"sv,   "null"sv,      "true"sv,   "9e99"sv,    "${"sv,    "}"sv,
     "${1/0}"sv, "secret://"sv, "steps."sv, "inputs."sv, "needs"sv, "1d"sv,
     "é"sv});
  for (auto edits = random.below(6) + 1; edits > 0 && !text.empty(); --edits) {
    const auto at = random.below(text.size());
    const auto length = std::min(random.below(16), text.size() - at);
    switch (random.below(4)) {
      case 0:
        text[at] = pieces[random.below(pieces.size())].front();
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(random.below(text.size()), 16));
        break;
      default:
        text.insert(at, pieces[random.below(pieces.size())]);
    }
  }
  return text;
}

} // namespace

TEST_CASE("random changes to a valid file give a workflow or problems") {
  const auto folder = tests::source_dir() / "tools/examples";
  const auto nightly = tests::read_file(folder / "nightly-scoring.yaml");
  const auto fan_out = tests::read_file(folder / "fan-out.yaml");
  const auto sources
    = std::array{nightly, fan_out,
                 canonical_json(parse_workflow(nightly, "a").value()),
                 canonical_json(parse_workflow(fan_out, "b").value())};
  auto random = draws{20'240'607};
  auto accepted = 0;
  for (auto round = 0; round < 1'500; ++round) {
    const auto text = mutilated(sources[random.below(sources.size())], random);
    CAPTURE(round);
    const auto read = parse_workflow(text, "fuzz");
    if (!read) {
      REQUIRE_FALSE(read.error().empty());
      for (const auto& reason : read.error())
        CHECK_FALSE(reason.message.empty());
      continue;
    }
    ++accepted;
    const auto again = parse_workflow(canonical_json(*read), "again");
    if (!again)
      FAIL(runtime::render(again.error().front()) << "\n" << text);
    CHECK(*again == *read);
    CHECK(digest(*again) == digest(*read));
  }
  CHECK(accepted > 10);
}

} // namespace troupe::engine
