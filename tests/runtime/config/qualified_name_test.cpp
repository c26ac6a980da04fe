#include "runtime/config/qualified_name.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::runtime;

TEST_CASE("a qualified name has at most one namespace") {
  for (const std::string text :
       {"a", "0", "nightly-portfolio", "finance/nightly", "v1.2/x_y", "A/B"}) {
    CAPTURE(text);
    CHECK(is_qualified_name(text));
  }
  for (const std::string text : {"", "/", "a/", "/a", "a/b/c", "-a", ".a", "_a",
                                 "a/-b", "a b", "a\n", "\xC3\xA4", "a@b"}) {
    CAPTURE(text);
    CHECK_FALSE(is_qualified_name(text));
  }
}

TEST_CASE("a qualified name is bounded") {
  CHECK(is_qualified_name(std::string(128, 'a')));
  CHECK_FALSE(is_qualified_name(std::string(129, 'a')));
}
