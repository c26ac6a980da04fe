#include "cluster/transport/lane_inbox.hpp"

#include "cluster/transport/lane_outbox.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

using runtime::outcome;

namespace {

constexpr auto urgent_window_parts = std::size_t{16};
constexpr auto length_bytes = sizeof(std::uint32_t);
/// Those of the head and of the body, which come before both.
constexpr auto lengths_bytes = 2 * length_bytes;

tl::unexpected<runtime::problem> broken_rule(std::string what) {
  return runtime::fail(runtime::problem_kind::invalid_input, std::move(what));
}

} // namespace

lane_inbox::lane_inbox(const link_limits& limits) noexcept
  : windows_{limits.urgent_window_bytes, limits.bulk_window_bytes},
    envelope_bytes_max_{limits.urgent_window_bytes / urgent_window_parts,
                        limits.envelope_bytes_max} {}

outcome<std::optional<arrived_envelope>>
lane_inbox::add(const frame_header& header, std::string_view payload) {
  chunk_ = header;
  missing_ = header.length;
  auto& envelope = current();
  if (header.is_first) {
    if (envelope.is_open)
      return broken_rule("began an envelope within another");
    envelope.is_open = true;
    envelope.is_announced = false;
    envelope.head_bytes = lengths_bytes;
    envelope.body_bytes = 0;
    envelope.body_filled = 0;
    envelope.head.clear();
    envelope.body.clear();
  }
  if (!envelope.is_open)
    return broken_rule("sent a chunk of no envelope");
  return go_on(payload);
}

/// Both lengths are there.
outcome<void> lane_inbox::announce(partial& envelope) {
  const auto lane = chunk_.lane;
  const auto* lengths = envelope.head.data();
  const auto head_bytes = read_number(lengths, length_bytes);
  const auto body_bytes = read_number(lengths + length_bytes, length_bytes);
  const auto bytes = lengths_bytes + head_bytes + body_bytes;
  if (head_bytes > envelope_head_bytes_max || bytes > envelope_bytes_max(lane))
    return broken_rule(
      "announced an envelope of " + std::to_string(bytes) + " bytes, of which "
      + std::to_string(envelope_bytes_max(lane)) + " are allowed");
  auto& used = used_[index_of(lane)];
  used += window_share(bytes);
  if (used > windows_[index_of(lane)])
    return broken_rule("sent more than it was granted");
  envelope.is_announced = true;
  envelope.head_bytes += head_bytes;
  envelope.body_bytes = body_bytes;
  envelope.body.reserve(body_bytes);
  return {};
}

outcome<void> lane_inbox::take_head(partial& envelope,
                                    std::string_view& payload) {
  const auto take = [&] {
    const auto part
      = std::min(payload.size(), envelope.head_bytes - envelope.head.size());
    envelope.head.append(payload.substr(0, part));
    payload.remove_prefix(part);
  };
  take();
  if (envelope.is_announced || envelope.head.size() < lengths_bytes)
    return {};
  auto announced = announce(envelope);
  if (announced)
    take();
  return announced;
}

outcome<std::optional<arrived_envelope>>
lane_inbox::go_on(std::string_view payload) {
  auto& envelope = current();
  missing_ -= payload.size();
  if (auto taken = take_head(envelope, payload); !taken)
    return runtime::fail(std::move(taken.error()));
  const auto is_of_body
    = envelope.head.size() == envelope.head_bytes && envelope.is_announced;
  if (is_of_body) {
    const auto coming = payload.size() + missing_;
    if (coming > envelope.body_bytes - envelope.body_filled)
      return broken_rule("sent more of an envelope than it announced");
    if (envelope.body.size() == envelope.body_filled) {
      envelope.body.append(payload);
      // No more than a chunk, which stays in the processor's cache until it is
      // filled.
      envelope.body.resize(envelope.body_filled + coming);
    } else {
      payload.copy(envelope.body.data() + envelope.body_filled, payload.size());
    }
    envelope.body_filled += payload.size();
  }
  if (missing_ != 0)
    return std::nullopt;
  return end_chunk(envelope);
}

std::span<char> lane_inbox::room() noexcept {
  auto& envelope = current();
  // Otherwise the head comes first.
  if (missing_ == 0 || envelope.body.size() != envelope.body_filled + missing_)
    return {};
  return {envelope.body.data() + envelope.body_filled, missing_};
}

outcome<std::optional<arrived_envelope>> lane_inbox::filled(std::size_t bytes) {
  auto& envelope = current();
  envelope.body_filled += bytes;
  missing_ -= bytes;
  if (missing_ != 0)
    return std::nullopt;
  return end_chunk(envelope);
}

outcome<std::optional<arrived_envelope>>
lane_inbox::end_chunk(partial& envelope) {
  if (!envelope.is_announced)
    return broken_rule("sent a chunk that is too short");
  const auto is_whole = envelope.head.size() == envelope.head_bytes
                        && envelope.body_filled == envelope.body_bytes;
  if (is_whole != chunk_.is_last)
    return broken_rule("sent an envelope of another length than announced");
  if (!is_whole)
    return std::nullopt;
  envelope.is_open = false;
  auto arrived = arrived_envelope{};
  arrived.lane = chunk_.lane;
  arrived.share = window_share(envelope.head_bytes + envelope.body_bytes);
  const auto head = std::string_view{envelope.head}.substr(lengths_bytes);
  if (!arrived.envelope.ParseFromArray(head.data(),
                                       static_cast<int>(head.size())))
    return broken_rule("sent an envelope that cannot be read");
  arrived.envelope.set_body(std::move(envelope.body));
  envelope.body = {};
  return arrived;
}

void lane_inbox::give_back(link_lane lane, std::size_t bytes) noexcept {
  used_[index_of(lane)] -= bytes;
}

} // namespace troupe::cluster
