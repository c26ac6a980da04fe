#include "cluster/transport/lane_inbox.hpp"

#include "cluster/transport/lane_outbox.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

using runtime::outcome;

namespace {

constexpr auto urgent_window_parts = std::size_t{16};

tl::unexpected<runtime::problem> broken_rule(std::string what) {
  return runtime::fail(runtime::problem_kind::invalid_input, std::move(what));
}

} // namespace

lane_inbox::lane_inbox(const link_limits& limits) noexcept
  : windows_{limits.urgent_window_bytes, limits.bulk_window_bytes},
    envelope_bytes_max_{limits.urgent_window_bytes / urgent_window_parts,
                        limits.envelope_bytes_max} {}

outcome<void> lane_inbox::begin(partial& envelope, link_lane lane,
                                std::string_view& payload) {
  constexpr auto number_bytes = sizeof(std::uint32_t);
  if (envelope.is_open)
    return broken_rule("began an envelope within another");
  if (payload.size() < 2 * number_bytes)
    return broken_rule("sent a chunk that is too short");
  envelope.head_bytes = read_number(payload.data(), number_bytes);
  envelope.body_bytes
    = read_number(payload.data() + number_bytes, number_bytes);
  payload.remove_prefix(2 * number_bytes);
  const auto bytes
    = 2 * number_bytes + envelope.head_bytes + envelope.body_bytes;
  if (envelope.head_bytes > envelope_head_bytes_max
      || bytes > envelope_bytes_max(lane))
    return broken_rule(
      "announced an envelope of " + std::to_string(bytes) + " bytes, of which "
      + std::to_string(envelope_bytes_max(lane)) + " are allowed");
  auto& used = used_[index_of(lane)];
  used += window_share(bytes);
  if (used > windows_[index_of(lane)])
    return broken_rule("sent more than it was granted");
  envelope.is_open = true;
  envelope.head.clear();
  envelope.body.clear();
  envelope.body.reserve(envelope.body_bytes);
  return {};
}

outcome<std::optional<arrived_envelope>>
lane_inbox::add(const frame_header& header, std::string_view payload) {
  auto& envelope = partials_[index_of(header.lane)];
  if (header.is_first)
    if (auto begun = begin(envelope, header.lane, payload); !begun)
      return runtime::fail(std::move(begun.error()));
  if (!envelope.is_open)
    return broken_rule("sent a chunk of no envelope");
  const auto head_part
    = std::min(payload.size(), envelope.head_bytes - envelope.head.size());
  envelope.head.append(payload.substr(0, head_part));
  payload.remove_prefix(head_part);
  if (payload.size() > envelope.body_bytes - envelope.body.size())
    return broken_rule("sent more of an envelope than it announced");
  envelope.body.append(payload);
  const auto is_whole = envelope.head.size() == envelope.head_bytes
                        && envelope.body.size() == envelope.body_bytes;
  if (is_whole != header.is_last)
    return broken_rule("sent an envelope of another length than announced");
  if (!is_whole)
    return std::nullopt;
  envelope.is_open = false;
  auto arrived = arrived_envelope{};
  arrived.share = window_share(2 * sizeof(std::uint32_t) + envelope.head_bytes
                               + envelope.body_bytes);
  if (!arrived.envelope.ParseFromString(envelope.head))
    return broken_rule("sent an envelope that cannot be read");
  arrived.envelope.set_body(std::move(envelope.body));
  envelope.body = {};
  return arrived;
}

void lane_inbox::give_back(link_lane lane, std::size_t bytes) noexcept {
  used_[index_of(lane)] -= bytes;
}

} // namespace troupe::cluster
