#include "runtime/config/spelling.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace troupe::runtime;

namespace {

constexpr auto words
  = std::array<std::string_view, 4>{"weight", "weights", "source", "id"};

} // namespace

TEST_CASE("the edit distance counts single changes and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("", "ab") == 2);
  CHECK(edit_distance("weight", "wieght") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ca", "abc") == 3);
}

TEST_CASE("the nearest word is found, the first of equals") {
  CHECK(nearest_word("weigth", words) == "weight");
  CHECK(nearest_word("weightss", words) == "weights");
  CHECK(nearest_word("sorce", words) == "source");
}

TEST_CASE("a word unlike all others has no nearest") {
  CHECK_FALSE(nearest_word("threshold", words));
  CHECK_FALSE(nearest_word("xy", words));
  CHECK_FALSE(nearest_word("", words));
  CHECK_FALSE(nearest_word(std::string(10'000, 'w'), words));
}

TEST_CASE("a hint suggests the nearest word or lists the known ones") {
  CHECK(spelling_hint("soucre", words) == "did you mean \"source\"?");
  CHECK(spelling_hint("zzzz", words) == "known: weight, weights, source, id");
  CHECK(spelling_hint("zzzz", {}).empty());
}
