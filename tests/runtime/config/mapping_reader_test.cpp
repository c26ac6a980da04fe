#include "runtime/config/mapping_reader.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace troupe::runtime;

namespace {

struct fixture {
  std::vector<problem> problems;

  mapping_reader read(const std::string& text) {
    auto document = yaml_document::parse(text, "f.yaml");
    if (!document)
      FAIL(render(document.error()));
    return mapping_reader{document->root(), problems};
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a mapping reader fills what is there") {
  auto in = read("id: a\nweight: 0.5\ncount: 3\nmax: 1.5\n");
  auto id = std::string{};
  auto weight = 0.0;
  auto count = std::uint32_t{0};
  auto largest = std::optional<double>{};
  auto untouched = std::string{"default"};
  in.required("id", id);
  in.optional("weight", weight,
              [](const yaml_value& v) { return v.number(0.0, 1.0); });
  in.optional("count", count);
  in.optional("max", largest);
  in.optional("absent", untouched);
  in.finish();
  CHECK(problems.empty());
  CHECK(id == "a");
  CHECK(weight == 0.5);
  CHECK(count == 3);
  CHECK(largest == 1.5);
  CHECK(untouched == "default");
}

TEST_CASE_METHOD(fixture, "a mapping reader gathers all problems at once") {
  auto in = read("weight: 2\nweigth: 1\n");
  auto id = std::string{};
  auto weight = 0.25;
  in.required("id", id);
  in.optional("weight", weight,
              [](const yaml_value& v) { return v.number(0.0, 1.0); });
  in.finish();
  REQUIRE(problems.size() == 3);
  CHECK(problems[0].message == "the key \"id\" is missing");
  CHECK(problems[1].key == "weight");
  CHECK(problems[2].message == "unknown key \"weigth\"");
  CHECK(problems[2].hint == "did you mean \"weight\"?");
  CHECK(problems[2].line == 2);
  CHECK(problems[2].column == 1);
  CHECK(weight == 0.25);
}

TEST_CASE_METHOD(fixture, "null stands for an absent value") {
  auto in = read("id: ~\nname:\n");
  auto id = std::string{"kept"};
  in.optional("id", id);
  in.required("name", id);
  in.finish();
  CHECK(id == "kept");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].message == "the key \"name\" is missing");
}

TEST_CASE_METHOD(fixture, "something else than a mapping is one problem") {
  auto in = read("[1, 2]");
  auto id = std::string{};
  in.required("id", id);
  in.finish();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].message == "must be a mapping, not a list");
}
