#include "runtime/tabular/piece_source.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <vector>

using namespace troupe::runtime;

namespace {

/// Reads to the end by so many bytes at a time.
outcome<std::string> read_all(const byte_source& source, std::size_t bytes) {
  auto text = std::string{};
  auto buffer = std::vector<char>(bytes);
  for (;;) {
    const auto size = source(buffer);
    if (!size)
      return fail(size.error());
    if (*size == 0)
      return text;
    text.append(buffer.data(), *size);
  }
}

piece_maker pieces(std::vector<std::string> list) {
  return [list = std::move(list),
          next = std::size_t{0}](std::string& piece) mutable -> outcome<bool> {
    if (next == list.size())
      return false;
    piece += list[next++];
    return true;
  };
}

} // namespace

TEST_CASE("pieces of any size become a stream of bytes") {
  const auto bytes = GENERATE(1, 2, 3, 64);
  const auto source = make_byte_source(pieces({"ab", "", "c", "defg", ""}));
  CHECK(read_all(source, static_cast<std::size_t>(bytes)).value() == "abcdefg");
  auto buffer = std::array<char, 4>{};
  CHECK(source(buffer).value() == 0);
}

TEST_CASE("a problem of the maker is one of the source") {
  const auto source = make_byte_source([](std::string&) -> outcome<bool> {
    return fail(problem_kind::unavailable, "gone");
  });
  CHECK(read_all(source, 8).error().kind == problem_kind::unavailable);
}
