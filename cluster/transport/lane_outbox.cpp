#include "cluster/transport/lane_outbox.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

encoded_envelope encode_envelope(messages::Envelope envelope) {
  constexpr auto prefix_bytes = 2 * sizeof(std::uint32_t);
  auto encoded = encoded_envelope{};
  encoded.body
    = std::make_shared<const std::string>(std::move(*envelope.mutable_body()));
  envelope.clear_body();
  const auto size = envelope.ByteSizeLong();
  encoded.head.reserve(prefix_bytes + size);
  append_number(encoded.head, size, sizeof(std::uint32_t));
  append_number(encoded.head, encoded.body->size(), sizeof(std::uint32_t));
  envelope.AppendToString(&encoded.head);
  return encoded;
}

bool lane_outbox::push(link_lane lane, encoded_envelope envelope) {
  auto& queue = lanes_[index_of(lane)];
  const auto share = window_share(envelope.bytes());
  if (!queue.envelopes.empty()
      && queue.waiting + share > queue_bytes_max_[index_of(lane)])
    return false;
  queue.waiting += share;
  queue.envelopes.push_back(std::move(envelope));
  return true;
}

void lane_outbox::grant(link_lane lane, std::size_t bytes) noexcept {
  lanes_[index_of(lane)].granted += bytes;
}

bool lane_outbox::is_ready(const lane_queue& lane) noexcept {
  // The window is paid for an envelope as a whole, before its first chunk.
  return !lane.envelopes.empty()
         && (lane.sent != 0
             || window_share(lane.envelopes.front().bytes()) <= lane.granted);
}

bool lane_outbox::is_ready() const noexcept {
  return is_ready(lanes_[0]) || is_ready(lanes_[1]);
}

void lane_outbox::take_chunk(lane_queue& lane, link_lane name,
                             link_output& to) {
  auto& envelope = lane.envelopes.front();
  const auto total = envelope.bytes();
  const auto length = std::min(total - lane.sent, chunk_bytes_max);
  auto header = frame_header{};
  header.length = static_cast<std::uint32_t>(length);
  header.kind = frame_kind::chunk;
  header.lane = name;
  header.is_first = lane.sent == 0;
  header.is_last = lane.sent + length == total;
  append_header(to.text(), header);
  auto left = length;
  if (lane.sent < envelope.head.size()) {
    const auto part = std::min(left, envelope.head.size() - lane.sent);
    to.text().append(envelope.head, lane.sent, part);
    left -= part;
  }
  if (left != 0)
    to.append(envelope.body, lane.sent + length - left - envelope.head.size(),
              left);
  if (header.is_first)
    lane.granted -= window_share(total);
  lane.sent += length;
  if (header.is_last) {
    lane.waiting -= window_share(total);
    lane.sent = 0;
    lane.envelopes.pop_front();
  }
}

void lane_outbox::take(link_output& to, std::size_t bytes_max) {
  while (to.size() < bytes_max) {
    const auto lane = is_ready(lanes_[index_of(link_lane::urgent)])
                        ? link_lane::urgent
                        : link_lane::bulk;
    auto& queue = lanes_[index_of(lane)];
    if (!is_ready(queue))
      return;
    take_chunk(queue, lane, to);
  }
}

} // namespace troupe::cluster
