#include "actors/simulation/scenario_source.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

namespace {

struct search {
  std::vector<scenario_source> found;
  std::vector<runtime::problem> problems;
};

search find(const std::filesystem::path& path,
            std::vector<scenario_override> overrides = {}) {
  auto result = search{};
  const auto document = runtime::yaml_document::read(path.string()).value();
  result.found
    = find_scenarios(document, path.string(), overrides, result.problems);
  return result;
}

bool mentions(const search& in, const std::string& words) {
  return in.problems.size() == 1
         && in.problems[0].message.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("a scenario is its overrides, its entry, its file and its bases") {
  const auto folder = tests::temporary_folder{};
  std::filesystem::create_directory(folder / "low");
  folder.write("low/ground.yaml", "start_year: 1");
  folder.write("middle.yaml", "base: low/ground.yaml\nscenarios: {x: {}}");
  const auto path = folder.write(
    "top.yaml", "base: middle.yaml\nscenarios: {b: {end_year: 2}, a: null}");
  const auto got = find(path, {{"k.l", "1"}, {"k.l", "[2]"}});
  CHECK(got.problems.empty());
  REQUIRE(got.found.size() == 2);
  CHECK(got.found[0].name == "b");
  CHECK(got.found[1].name == "a");
  CHECK(got.found[0].files.size() == 3);
  REQUIRE(got.found[0].overrides.size() == 3);
  CHECK(got.found[1].overrides.size() == 2);
  CHECK(got.found[0].layers().size() == 6);
  // The later of two overrides wins.
  CHECK(got.found[0].overrides[0].locate("k.l").items()->size() == 1);
  CHECK(got.found[0].files[2].find("start_year"));
}

TEST_CASE("one scenario is named by its key or its file") {
  const auto folder = tests::temporary_folder{};
  CHECK(find(folder.write("lean.v2.yaml", "end_year: 1")).found[0].name
        == "lean.v2");
  CHECK(find(folder.write("x.yaml", "name: Lean")).found[0].name == "Lean");
  CHECK(mentions(find(folder.write("y.yaml", "name: ''")), "name is empty"));
}

TEST_CASE("a base that leads nowhere is told where it is named") {
  const auto folder = tests::temporary_folder{};
  const auto lost = find(folder.write("lost.yaml", "a: 1\nbase: gone.yaml"));
  REQUIRE(lost.problems.size() == 1);
  CHECK(lost.problems[0].line == 2);
  CHECK(lost.problems[0].key == "base");
  CHECK(lost.problems[0].message.find("gone.yaml") != std::string::npos);
  folder.write("b.yaml", "base: ./a.yaml");
  CHECK(mentions(find(folder.write("a.yaml", "base: b.yaml")), "itself"));
  CHECK(mentions(find(folder.write("self.yaml", "base: self.yaml")), "itself"));
  CHECK(find(folder.write("list.yaml", "base: [x]")).problems.size() == 1);
  CHECK(find(folder.write("torn.yaml", "base: broken.yaml")).problems.size()
        == 1);
}

TEST_CASE("bases may be eight deep") {
  const auto folder = tests::temporary_folder{};
  folder.write("s0.yaml", "end_year: 1");
  for (auto i = 1; i <= 9; ++i)
    folder.write("s" + std::to_string(i) + ".yaml",
                 "base: s" + std::to_string(i - 1) + ".yaml");
  const auto eight = find(folder / "s8.yaml");
  CHECK(eight.problems.empty());
  CHECK(eight.found.at(0).files.size() == 9);
  CHECK(mentions(find(folder / "s9.yaml"), "more than 8"));
}

TEST_CASE("overrides and lists that say nothing are refused") {
  const auto folder = tests::temporary_folder{};
  const auto path = folder.write("plain.yaml", "end_year: 1");
  CHECK(mentions(find(path, {{"a..b", "1"}}), "names no key"));
  CHECK(mentions(find(path, {{"", "1"}}), "names no key"));
  CHECK(find(path, {{"a", "1}, b: {c: 2"}}).problems.size() == 1);
  CHECK(find(path, {{"a", "[1"}}).problems.size() == 1);
  CHECK(find(path, {{"a", "[1, 2]"}}).problems.empty());
  CHECK(
    mentions(find(folder.write("none.yaml", "scenarios: {}")), "0 scenarios"));
  CHECK(find(folder.write("word.yaml", "scenarios: {a: 5}")).problems.size()
        == 1);
  CHECK(mentions(find(folder.write("empty.yaml", "")), "a mapping"));
}

} // namespace troupe::simulation
