#include "actors/engine/worker_labels.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace troupe::engine {

TEST_CASE("labels are read as they are typed") {
  const auto labels = read_labels({"gpu=true", "zone=eu-1", "a/b.c_d=1"});
  REQUIRE(labels);
  CHECK(*labels
        == worker_labels{{"gpu", "true"}, {"zone", "eu-1"}, {"a/b.c_d", "1"}});
  CHECK(read_labels({}).value().empty());
}

TEST_CASE("what is no label is refused, and how to write one is said") {
  for (const auto* text :
       {"gpu", "gpu=", "=true", "g pu=true", "gpu=tr ue", "-gpu=true",
        "gpu-=true", "gpu=true-", "gpu=a=b", ""}) {
    INFO(text);
    const auto read = read_labels({"zone=eu", text});
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == runtime::problem_kind::invalid_input);
    CHECK(read.error().key == "--label");
    CHECK_FALSE(read.error().hint.empty());
  }
  CHECK_FALSE(read_labels({"a=1", "a=1"}));
  CHECK_FALSE(read_labels({std::string(129, 'a') + "=1"}));
  auto many = std::vector<std::string>{};
  for (auto i = std::size_t{0}; i < labels_max; ++i)
    many.push_back("l" + std::to_string(i) + "=1");
  CHECK(read_labels(many).has_value());
  many.push_back("one-more=1");
  CHECK_FALSE(read_labels(many));
}

TEST_CASE("an empty value asks for any") {
  const auto worker = worker_labels{{"zone", "eu"}, {"gpu", "true"}};
  CHECK(has_label(worker, "zone", "eu"));
  CHECK(has_label(worker, "zone", ""));
  CHECK_FALSE(has_label(worker, "zone", "us"));
  CHECK_FALSE(has_label(worker, "disk", ""));
  CHECK(has_labels(worker, {{"gpu", ""}, {"zone", "eu"}}, {{"zone", "us"}}));
  CHECK_FALSE(has_labels(worker, {{"gpu", ""}, {"zone", "us"}}, {}));
  CHECK_FALSE(has_labels(worker, {}, {{"zone", ""}}));
  CHECK(has_labels({}, {}, {{"zone", ""}}));
  CHECK(label_text("gpu", "true") == "gpu=true");
  CHECK(label_text("gpu", "") == "gpu");
}

} // namespace troupe::engine
