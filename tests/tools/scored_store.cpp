#include "tests/tools/scored_store.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace troupe::tests {

program_result scored_store::run(std::vector<std::string> arguments) const {
  auto asked = program_run{};
  asked.arguments = std::move(arguments);
  asked.folder = folder_.path();
  asked.environment["TROUPE_STORE_PATH"] = (folder_ / "store.db").string();
  return run_program(asked);
}

void scored_store::score(const std::string& items) const {
  const auto example = source_dir() / "tools/examples/portfolio-1000.jsonl";
  const auto scored
    = run({"score", "--items", items.empty() ? example.string() : items,
           "--preset", "agile", "--as-of", "2026-01-31"});
  INFO(scored.err);
  REQUIRE(scored.exit_code == 0);
}

std::string scored_store::answer(std::vector<std::string> arguments) const {
  const auto result = run(std::move(arguments));
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  return result.out;
}

} // namespace troupe::tests
