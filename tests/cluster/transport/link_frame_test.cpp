#include "cluster/transport/link_frame.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::cluster;

namespace {

std::string header_bytes(std::uint32_t length, frame_kind kind) {
  auto header = frame_header{};
  header.length = length;
  header.kind = kind;
  auto bytes = std::string{};
  append_header(bytes, header);
  return bytes;
}

} // namespace

TEST_CASE("a header is read as it was written") {
  const auto header
    = frame_header{60'000, frame_kind::chunk, link_lane::bulk, true, true};
  auto bytes = std::string{};
  append_header(bytes, header);
  REQUIRE(bytes.size() == frame_header_bytes);
  const auto read = read_header(bytes.data(), link_phase::up);
  REQUIRE(read);
  CHECK(*read == header);
}

TEST_CASE("a header that announces 4 GB is refused") {
  for (const auto kind : {frame_kind::hello, frame_kind::chunk,
                          frame_kind::credit, frame_kind::goodbye})
    for (const auto phase : {link_phase::greeting, link_phase::up}) {
      const auto read
        = read_header(header_bytes(0xffffffff, kind).data(), phase);
      CHECK_FALSE(read);
    }
  CHECK(read_header(header_bytes(0xffffffff, frame_kind::chunk).data(),
                    link_phase::up)
          .error()
          .message
        == "announced a frame of 4294967295 bytes, of which 65536 are allowed");
}

TEST_CASE("before a link is up there are only greetings") {
  for (const auto kind : {frame_kind::chunk, frame_kind::credit,
                          frame_kind::ping, frame_kind::pong})
    CHECK_FALSE(
      read_header(header_bytes(0, kind).data(), link_phase::greeting));
  for (const auto kind :
       {frame_kind::hello, frame_kind::accept, frame_kind::refuse}) {
    CHECK(read_header(header_bytes(0, kind).data(), link_phase::greeting));
    CHECK_FALSE(read_header(header_bytes(0, kind).data(), link_phase::up));
  }
}

TEST_CASE("what is no frame is refused, whatever the byte") {
  const auto good = header_bytes(0, frame_kind::ping);
  REQUIRE(read_header(good.data(), link_phase::up));
  for (const auto& [place, least_wrong] :
       {std::pair{4, 9}, {5, 2}, {6, 4}, {7, 1}})
    for (auto value = least_wrong; value < 256; ++value) {
      auto wrong = good;
      wrong[static_cast<std::size_t>(place)] = static_cast<char>(value);
      CHECK_FALSE(read_header(wrong.data(), link_phase::up));
    }
}

TEST_CASE("texts are cut to what a frame may have") {
  auto bytes = std::string{};
  append_control(bytes, frame_kind::refuse, std::string(10'000, 'x'));
  const auto read = read_header(bytes.data(), link_phase::greeting);
  REQUIRE(read);
  CHECK(bytes.size() == frame_header_bytes + read->length);
}
