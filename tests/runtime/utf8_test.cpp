#include "runtime/utf8.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::runtime;

TEST_CASE("each length of a UTF-8 character is decoded") {
  const auto decode = [](std::string_view text) {
    const auto first = first_utf8_character(text);
    CHECK(first.is_valid);
    CHECK(first.length == text.size());
    return first.code;
  };
  CHECK(decode("a") == 'a');
  CHECK(decode("\x7f") == 0x7f);
  CHECK(decode("\xc2\x80") == 0x80);
  CHECK(decode("\xe2\x82\xac") == 0x20ac);
  CHECK(decode("\xf0\x9f\x98\x80") == 0x1f600);
  CHECK(decode("\xf4\x8f\xbf\xbf") == 0x10ffff);
}

TEST_CASE("what UTF-8 forbids is one byte that is no character") {
  const auto text
    = GENERATE(as<std::string>{}, "\x80", "\xc0\xaf", "\xc1\xbf",
               "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
               "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3",
               "\xe2\x82", "\xf0\x9f\x98", "\xc3\x41", "\xe2\x41\x80");
  const auto first = first_utf8_character(text);
  CHECK_FALSE(first.is_valid);
  CHECK(first.length == 1);
  CHECK(first.code == static_cast<unsigned char>(text[0]));
  CHECK_FALSE(is_valid_utf8("ok" + text));
}

TEST_CASE("a text of valid characters is valid") {
  CHECK(is_valid_utf8(""));
  CHECK(is_valid_utf8("caf\xc3\xa9 \xf0\x9f\x98\x80"));
}

TEST_CASE("a text is clipped between characters only") {
  CHECK(clip_utf8("abc", 5) == "abc");
  CHECK(clip_utf8("abc", 2) == "ab");
  CHECK(clip_utf8("a\xc3\xa9", 2) == "a");
  CHECK(clip_utf8("a\xc3\xa9", 3) == "a\xc3\xa9");
  CHECK(clip_utf8("\xf0\x9f\x98\x80", 3).empty());
}
