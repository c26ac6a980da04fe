#include "tools/cli/text_table.hpp"

#include <catch2/catch.hpp>

using namespace troupe::tools;

TEST_CASE("columns are as wide as their widest cell") {
  CHECK(render({{"name", "n"}, {{"a", "1,000"}, {"longer", "7"}}})
        == "name        n\n"
           "a       1,000\n"
           "longer      7\n");
}

TEST_CASE("characters count, not bytes, and no line ends in spaces") {
  CHECK(render({{"a", "b", "c"}, {{"\xc3\xa9\xc3\xa9", "x", "1"}, {"z"}}, 2})
        == "a   b  c\n"
           "\xc3\xa9\xc3\xa9  x  1\n"
           "z\n");
}

TEST_CASE("a table may align all columns to the right") {
  CHECK(render({{"aa", "b"}, {{"1", "22"}}, 0}) == "aa   b\n 1  22\n");
}
