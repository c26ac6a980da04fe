#include "runtime/process/newest_line.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::runtime;

TEST_CASE("a line is there when its end is") {
  auto lines = newest_line{};
  lines.append("fi");
  CHECK_FALSE(lines.take());
  lines.append("rst\nsec");
  CHECK(lines.has_line());
  CHECK(lines.take() == "first");
  CHECK_FALSE(lines.take());
  lines.append("ond\n");
  CHECK(lines.take() == "second");
}

TEST_CASE("of several lines the newest counts, empty ones do not") {
  auto lines = newest_line{};
  lines.append("a\nb\n\nc");
  CHECK(lines.take() == "b");
}

TEST_CASE("a line that is too long is dropped, not those after it") {
  auto lines = newest_line{};
  const auto long_text = std::string(newest_line::line_bytes_max, 'x');
  lines.append(long_text + "\n");
  CHECK(lines.take() == long_text);
  for (auto i = 0; i < 100; ++i)
    lines.append(long_text);
  lines.append("\n");
  CHECK_FALSE(lines.take());
  lines.append("short\n");
  CHECK(lines.take() == "short");
}
