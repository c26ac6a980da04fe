#include "runtime/config/choice_words.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace troupe::runtime;

namespace {

enum class size { small, large, unwritten };

constexpr auto size_words = std::to_array<spelling<size>>(
  {{size::small, "small"}, {size::large, "large"}});

} // namespace

TEST_CASE("a choice and its word find each other") {
  CHECK(to_word(size_words, size::large) == "large");
  CHECK(to_word(size_words, size::unwritten).empty());
  CHECK(from_word(size_words, "small") == size::small);
  CHECK_FALSE(from_word(size_words, "Small"));
}

TEST_CASE("a word of a document is one of the choices or refused") {
  const auto read = [](const std::string& text) {
    const auto document = yaml_document::parse(text, "test.yaml").value();
    return one_of(size_words)(document.root().at("size").value());
  };
  CHECK(read("size: large").value() == size::large);
  const auto wrong = read("size: larg");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().key == "size");
  CHECK(wrong.error().hint == "did you mean \"large\"?");
}
