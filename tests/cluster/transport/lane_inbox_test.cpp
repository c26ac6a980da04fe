#include "cluster/transport/lane_inbox.hpp"
#include "cluster/transport/lane_outbox.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

using namespace troupe;
using namespace troupe::cluster;

namespace {

link_limits narrow_limits() {
  auto limits = link_limits{};
  limits.urgent_window_bytes = 64 << 10;
  limits.bulk_window_bytes = 256 << 10;
  limits.envelope_bytes_max = 100 << 10;
  return limits;
}

/// The beginning of an envelope of these lengths.
std::string announce(std::uint64_t head_bytes, std::uint64_t body_bytes) {
  auto payload = std::string{};
  append_number(payload, head_bytes, 4);
  append_number(payload, body_bytes, 4);
  return payload;
}

frame_header chunk_of(const std::string& payload, bool is_first, bool is_last,
                      link_lane lane = link_lane::bulk) {
  return {static_cast<std::uint32_t>(payload.size()), frame_kind::chunk, lane,
          is_first, is_last};
}

std::string refusal_of(const std::string& payload, bool is_first, bool is_last,
                       link_lane lane = link_lane::bulk) {
  auto inbox = lane_inbox{narrow_limits()};
  const auto added
    = inbox.add(chunk_of(payload, is_first, is_last, lane), payload);
  return added ? "" : added.error().message;
}

/// The chunk in pieces of any length, each by either way.
std::optional<arrived_envelope> add_in_pieces(lane_inbox& inbox,
                                              const frame_header& header,
                                              std::string_view payload,
                                              std::mt19937_64& random) {
  const auto cut = [&](std::size_t most) {
    const auto piece = payload.substr(0, random() % (most + 1));
    payload.remove_prefix(piece.size());
    return piece;
  };
  auto added
    = inbox.add(header, cut(std::min<std::size_t>(payload.size(), 40)));
  while (added && inbox.missing() != 0) {
    CHECK(inbox.missing() == payload.size());
    CHECK_FALSE(*added);
    const auto room = inbox.room();
    if (room.empty() || random() % 2 == 0) {
      added = inbox.go_on(cut(payload.size()));
      continue;
    }
    CHECK(room.size() == payload.size());
    const auto piece = cut(room.size());
    piece.copy(room.data(), piece.size());
    added = inbox.filled(piece.size());
  }
  REQUIRE(added);
  CHECK(payload.empty());
  return std::move(*added);
}

} // namespace

TEST_CASE("chunks are put together wherever their bytes are cut") {
  auto random = std::mt19937_64{5};
  auto inbox = lane_inbox{narrow_limits()};
  for (auto round = 0; round < 300; ++round) {
    auto sent = messages::Envelope{};
    sent.set_target(std::string(random() % 300, 't'));
    sent.set_body(
      std::string(random() % 90'000, static_cast<char>('a' + round % 26)));
    const auto encoded = encode_envelope(sent);
    const auto bytes = encoded.head + *encoded.body;
    // Two chunks, of which the first has both lengths at least.
    const auto middle = std::max<std::size_t>(8, random() % bytes.size());
    const auto first = bytes.substr(0, middle);
    const auto second = bytes.substr(middle);
    auto arrived = add_in_pieces(inbox, chunk_of(first, true, second.empty()),
                                 first, random);
    if (!second.empty())
      arrived
        = add_in_pieces(inbox, chunk_of(second, false, true), second, random);
    REQUIRE(arrived);
    CHECK(arrived->envelope.target() == sent.target());
    CHECK(arrived->envelope.body() == sent.body());
    CHECK(arrived->lane == link_lane::bulk);
    CHECK(inbox.room().empty());
    inbox.give_back(link_lane::bulk, arrived->share);
  }
}

TEST_CASE("what is wrong with a chunk is said as soon as it is known") {
  auto inbox = lane_inbox{narrow_limits()};
  auto header = chunk_of(announce(0, 4), true, false);
  header.length = 13;
  CHECK(inbox.add(header, announce(0, 4)).error().message
        == "sent more of an envelope than it announced");
}

TEST_CASE("an envelope longer than allowed is refused at its first chunk") {
  CHECK(refusal_of(announce(0, 0xffffffff), true, false)
        == "announced an envelope of 4294967303 bytes, of which 102400 are "
           "allowed");
  CHECK_FALSE(refusal_of(announce(0xffffffff, 0), true, false).empty());
  CHECK_FALSE(refusal_of(announce(5'000, 0), true, false).empty());
  // The urgent lane takes a sixteenth of its window.
  CHECK_FALSE(
    refusal_of(announce(0, 4'096), true, false, link_lane::urgent).empty());
  CHECK(refusal_of(announce(0, 4'000), true, false, link_lane::urgent).empty());
}

TEST_CASE("chunks that do not fit together are refused") {
  CHECK(refusal_of("abc", false, false) == "sent a chunk of no envelope");
  CHECK(refusal_of("abc", true, false) == "sent a chunk that is too short");
  CHECK(refusal_of(announce(0, 2) + "abc", true, true)
        == "sent more of an envelope than it announced");
  CHECK(refusal_of(announce(0, 4) + "abc", true, true)
        == "sent an envelope of another length than announced");
  CHECK(refusal_of(announce(0, 3) + "abc", true, false)
        == "sent an envelope of another length than announced");
  CHECK(refusal_of(announce(3, 0) + "abc", true, true)
        == "sent an envelope that cannot be read");
  CHECK(refusal_of(announce(0, 3) + "abc", true, true).empty());
  auto inbox = lane_inbox{narrow_limits()};
  const auto first = announce(0, 9) + "abc";
  REQUIRE(inbox.add(chunk_of(first, true, false), first));
  CHECK(inbox.add(chunk_of(first, true, false), first).error().message
        == "began an envelope within another");
}

TEST_CASE("who sends more than was granted is refused") {
  auto inbox = lane_inbox{narrow_limits()};
  const auto payload = announce(0, 1'000) + std::string(1'000, 'x');
  const auto share = window_share(payload.size());
  auto count = std::size_t{0};
  for (;;) {
    const auto added = inbox.add(chunk_of(payload, true, true), payload);
    if (!added) {
      CHECK(added.error().message == "sent more than it was granted");
      break;
    }
    CHECK((*added)->share == share);
    ++count;
  }
  CHECK(count == (std::size_t{256} << 10) / share);
}

TEST_CASE("what is given back may be sent again") {
  auto inbox = lane_inbox{narrow_limits()};
  const auto payload = announce(0, 60'000) + std::string(60'000, 'x');
  for (auto i = 0; i < 100; ++i) {
    const auto added = inbox.add(chunk_of(payload, true, true), payload);
    REQUIRE(added);
    inbox.give_back(link_lane::bulk, (*added)->share);
  }
}

TEST_CASE("any chunks are taken or refused, and never more kept than allowed") {
  auto random = std::mt19937_64{11};
  for (auto round = 0; round < 2'000; ++round) {
    auto inbox = lane_inbox{narrow_limits()};
    for (auto i = 0; i < 10; ++i) {
      auto payload = announce(random() % 8, random() % 64);
      if (random() % 4 == 0)
        payload[random() % payload.size()] = static_cast<char>(random());
      payload.append(random() % 64, static_cast<char>(random()));
      const auto added
        = inbox.add(chunk_of(payload, random() % 4 != 0, random() % 2 == 0,
                             static_cast<link_lane>(random() % 2)),
                    payload);
      if (!added)
        break;
      if (*added)
        CHECK((*added)->envelope.body().size() < (100U << 10));
    }
  }
}
