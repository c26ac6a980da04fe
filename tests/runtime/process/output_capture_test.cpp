#include "runtime/process/output_capture.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::runtime;

TEST_CASE("what fits is kept whole") {
  auto capture = output_capture{{10, 5}};
  capture.append("0123");
  capture.append("456789");
  CHECK_FALSE(capture.exceeds_head());
  const auto kept = capture.take();
  CHECK(kept.head == "0123456789");
  CHECK(kept.tail.empty());
  CHECK(kept.bytes == 10);
  CHECK_FALSE(kept.is_truncated());
}

TEST_CASE("head and tail meet when nothing is dropped between them") {
  auto capture = output_capture{{4, 6}};
  capture.append("0123456789");
  CHECK(capture.exceeds_head());
  const auto kept = capture.take();
  CHECK(kept.head == "0123");
  CHECK(kept.tail == "456789");
  CHECK_FALSE(kept.is_truncated());
}

TEST_CASE("head and tail are those of the whole stream, however it is cut") {
  auto text = std::string{};
  for (auto i = 0; i < 1'000; ++i)
    text += std::to_string(i) + ",";
  for (std::size_t piece = 1; piece < 70; ++piece) {
    CAPTURE(piece);
    auto capture = output_capture{{7, 13}};
    for (std::size_t at = 0; at < text.size(); at += piece)
      capture.append(std::string_view{text}.substr(at, piece));
    const auto kept = capture.take();
    REQUIRE(kept.head == text.substr(0, 7));
    REQUIRE(kept.tail == text.substr(text.size() - 13));
    REQUIRE(kept.bytes == text.size());
    REQUIRE(kept.is_truncated());
  }
}

TEST_CASE("without room, bytes are only counted") {
  auto capture = output_capture{{0, 0}};
  capture.append("0123");
  CHECK(capture.take() == captured_output{"", "", 4});
  CHECK(capture.take() == captured_output{});
}
