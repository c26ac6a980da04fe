#include "cluster/transport/lane_inbox.hpp"
#include "cluster/transport/lane_outbox.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace troupe;
using namespace troupe::cluster;

namespace {

constexpr auto outbox_plenty = std::size_t{1} << 30;

messages::Envelope envelope_of(std::size_t body_bytes, char filler,
                               std::uint64_t id) {
  auto envelope = messages::Envelope{};
  envelope.set_correlation_id(id);
  envelope.set_target("scoring");
  envelope.set_body(std::string(body_bytes, filler));
  return envelope;
}

/// The frames that are ready, about so many bytes of them.
std::string take(lane_outbox& outbox, std::size_t bytes_max) {
  auto output = link_output{};
  outbox.take(output, bytes_max);
  auto parts = std::array<std::string_view, 4'096>{};
  auto bytes = std::string{};
  for (const auto part : std::span{parts}.first(output.front(parts)))
    bytes += part;
  REQUIRE(bytes.size() == output.size());
  return bytes;
}

/// All envelopes in a stream of frames, in the order in which they end.
std::vector<messages::Envelope> receive(lane_inbox& inbox,
                                        const std::string& bytes) {
  auto result = std::vector<messages::Envelope>{};
  auto at = std::size_t{0};
  while (at < bytes.size()) {
    const auto header = read_header(bytes.data() + at, link_phase::up);
    REQUIRE(header);
    at += frame_header_bytes;
    auto added = inbox.add(*header, {bytes.data() + at, header->length});
    REQUIRE(added);
    at += header->length;
    if (!*added)
      continue;
    inbox.give_back(header->lane, (*added)->share);
    result.push_back(std::move((*added)->envelope));
  }
  return result;
}

} // namespace

TEST_CASE("envelopes arrive as they were sent, in the order of their lane") {
  auto outbox = lane_outbox{{outbox_plenty, outbox_plenty}};
  outbox.grant(link_lane::bulk, outbox_plenty);
  outbox.grant(link_lane::urgent, outbox_plenty);
  auto random = std::mt19937_64{7};
  auto sent = std::vector<messages::Envelope>{};
  for (auto i = std::uint64_t{0}; i < 200; ++i) {
    const auto bytes = i % 20 == 0 ? random() % 400'000 : random() % 2'000;
    sent.push_back(envelope_of(bytes, static_cast<char>('a' + i % 26), i));
    REQUIRE(outbox.push(link_lane::bulk, encode_envelope(sent.back())));
  }
  auto inbox = lane_inbox{{}};
  auto arrived = std::vector<messages::Envelope>{};
  while (outbox.is_ready()) {
    const auto bytes = take(outbox, 1 + random() % 200'000);
    for (auto& one : receive(inbox, bytes))
      arrived.push_back(std::move(one));
  }
  REQUIRE(arrived.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    CHECK(arrived[i].correlation_id() == sent[i].correlation_id());
    CHECK(arrived[i].body() == sent[i].body());
  }
  CHECK(outbox.waiting(link_lane::bulk) == 0);
}

TEST_CASE("what is urgent waits for no more than a chunk of the rest") {
  auto outbox = lane_outbox{{outbox_plenty, outbox_plenty}};
  outbox.grant(link_lane::bulk, outbox_plenty);
  outbox.grant(link_lane::urgent, outbox_plenty);
  REQUIRE(outbox.push(link_lane::bulk,
                      encode_envelope(envelope_of(4 << 20, 'b', 1))));
  auto bytes = take(outbox, 1);
  CHECK(bytes.size() == frame_header_bytes + chunk_bytes_max);
  REQUIRE(
    outbox.push(link_lane::urgent, encode_envelope(envelope_of(10, 'u', 2))));
  bytes += take(outbox, 1);
  auto inbox = lane_inbox{{}};
  const auto arrived = receive(inbox, bytes);
  REQUIRE(arrived.size() == 1);
  CHECK(arrived[0].correlation_id() == 2);
  const auto rest = take(outbox, outbox_plenty);
  CHECK(receive(inbox, rest).at(0).body() == std::string(4 << 20, 'b'));
}

TEST_CASE("nothing is sent beyond what the other end granted") {
  auto outbox = lane_outbox{{outbox_plenty, outbox_plenty}};
  const auto encoded = encode_envelope(envelope_of(1'000, 'x', 1));
  const auto share = window_share(encoded.bytes());
  REQUIRE(outbox.push(link_lane::bulk, encoded));
  REQUIRE(outbox.push(link_lane::bulk, encoded));
  CHECK_FALSE(outbox.is_ready());
  outbox.grant(link_lane::bulk, share);
  CHECK(outbox.is_ready());
  const auto bytes = take(outbox, outbox_plenty);
  auto inbox = lane_inbox{{}};
  CHECK(receive(inbox, bytes).size() == 1);
  CHECK_FALSE(outbox.is_ready());
  outbox.grant(link_lane::bulk, share - 1);
  CHECK_FALSE(outbox.is_ready());
  outbox.grant(link_lane::bulk, 1);
  CHECK(outbox.is_ready());
}

TEST_CASE("too much that waits is refused, and nothing of it kept") {
  const auto encoded = encode_envelope(envelope_of(1'000, 'x', 1));
  const auto share = window_share(encoded.bytes());
  auto outbox = lane_outbox{{0, 3 * share}};
  CHECK(outbox.push(link_lane::bulk, encoded));
  CHECK(outbox.has_room(link_lane::bulk));
  CHECK(outbox.push(link_lane::bulk, encoded));
  CHECK(outbox.push(link_lane::bulk, encoded));
  CHECK_FALSE(outbox.push(link_lane::bulk, encoded));
  CHECK(outbox.waiting(link_lane::bulk) == 3 * share);
  CHECK_FALSE(outbox.has_room(link_lane::bulk));
  outbox.grant(link_lane::bulk, 2 * share);
  CHECK_FALSE(take(outbox, outbox_plenty).empty());
  CHECK(outbox.has_room(link_lane::bulk));
  // An empty lane takes one of any length.
  CHECK(outbox.push(link_lane::urgent, encoded));
}
