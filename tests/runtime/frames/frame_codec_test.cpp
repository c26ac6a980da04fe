#include "runtime/frames/frame_codec.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

using namespace troupe::runtime;

TEST_CASE("frames come out as they went in, however they were cut") {
  auto random = std::mt19937_64{3};
  for (auto round = 0; round < 200; ++round) {
    auto payloads = std::vector<std::string>{};
    auto stream = std::string{};
    for (auto i = random() % 8; i > 0; --i) {
      payloads.emplace_back(random() % 700, static_cast<char>(random()));
      append_frame(stream, payloads.back());
    }
    auto reader = frame_reader{};
    auto found = std::vector<std::string>{};
    for (std::size_t at = 0; at < stream.size();) {
      const auto size
        = std::min<std::size_t>(1 + random() % 300, stream.size() - at);
      reader.feed(std::string_view{stream}.substr(at, size));
      at += size;
      for (auto frame = reader.next(); frame && *frame; frame = reader.next())
        found.emplace_back(**frame);
    }
    REQUIRE(found == payloads);
    CHECK(reader.pending() == 0);
  }
}

TEST_CASE("a frame that is too long is refused at its announcement") {
  auto reader = frame_reader{};
  reader.feed(std::string{"\x01\x00\x00\x01", 4});
  const auto frame = reader.next();
  REQUIRE_FALSE(frame);
  CHECK(frame.error().kind == problem_kind::invalid_input);
}
