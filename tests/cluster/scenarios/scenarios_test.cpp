#include "tests/cluster/scenarios/membership_script.hpp"
#include "tests/cluster/scenarios/scenario_file.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe::tests;

namespace {

std::vector<std::string>
play_with_membership(const std::filesystem::path& path) {
  auto script = membership_script{};
  return play_scenario(path, [&](const std::string& command) {
    return script.perform(command);
  });
}

} // namespace

TEST_CASE("a node's membership does what the scenarios say") {
  auto paths = std::vector<std::filesystem::path>{};
  for (const auto& entry : std::filesystem::directory_iterator{
         source_dir() / "tests" / "cluster" / "scenarios"})
    if (entry.path().extension() == ".txt"
        && entry.path().stem() != "CMakeLists")
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  REQUIRE(paths.size() >= 12);
  for (const auto& path : paths) {
    INFO(path);
    CHECK(play_with_membership(path) == std::vector<std::string>{});
  }
}

TEST_CASE("a difference is told with file and line") {
  const auto folder = temporary_folder{};
  const auto path = folder.write("wrong.txt", "# A node alone.\n"
                                              "start a/1.1 joining 0\n"
                                              "----\n"
                                              "\n"
                                              "tick 100 to 200\n"
                                              "----\n"
                                              "100 up a/1.2 dead\n");
  CHECK(play_with_membership(path)
        == std::vector<std::string>{
          "wrong.txt:7: expected: 100 up a/1.2 dead; printed: 100 up a/1.2 "
          "alive"});
  const auto more = folder.write("more.txt", "start a/1.1 joining 0\n"
                                             "tick 100\n"
                                             "----\n");
  CHECK(play_with_membership(more)
        == std::vector<std::string>{
          "more.txt:4: expected: nothing more; printed: 100 up a/1.2 alive"});
}

TEST_CASE("what is no scenario is told with file and line") {
  const auto folder = temporary_folder{};
  const auto path = folder.write("open.txt", "tick 100\n\n");
  CHECK_THROWS_WITH(read_scenario(path), "open.txt:2: no ---- after commands");
  const auto bare = folder.write("bare.txt", "----\n");
  CHECK_THROWS_WITH(read_scenario(bare), "bare.txt:1: ---- without commands");
  auto script = membership_script{};
  CHECK_THROWS(script.perform("tick 100"));
  script.perform("start a/1.1 joining 0");
  CHECK_THROWS(script.perform("dance 100"));
  CHECK_THROWS(script.perform("beat b 1 100"));
}
