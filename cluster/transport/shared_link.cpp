#include "cluster/transport/shared_link.hpp"

#include "cluster/transport/lane_inbox.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// What is given back is told in quarters of a window: rarely, and before the
/// other end runs out.
constexpr auto credit_parts = std::size_t{4};

lane_sizes longest_for(const messages::LinkHello& hello) {
  auto theirs = link_limits{};
  theirs.urgent_window_bytes = hello.urgent_window_bytes();
  theirs.bulk_window_bytes = hello.bulk_window_bytes();
  theirs.envelope_bytes_max = hello.envelope_bytes_max();
  const auto rules = lane_inbox{theirs};
  return {rules.envelope_bytes_max(link_lane::urgent),
          rules.envelope_bytes_max(link_lane::bulk)};
}

} // namespace

shared_link::shared_link(link_peer peer, const messages::LinkHello& hello,
                         const node_identity& self, const link_limits& limits,
                         std::shared_ptr<loop_signal> signal,
                         std::uint64_t connection)
  : peer_{std::move(peer)}, self_{self}, windows_{limits.urgent_window_bytes,
                                                  limits.bulk_window_bytes},
    envelope_bytes_max_{longest_for(hello)}, signal_{std::move(signal)},
    connection_{connection}, outbox_{{limits.urgent_queue_bytes_max,
                                      limits.bulk_queue_bytes_max}} {
  outbox_.grant(link_lane::urgent, hello.urgent_window_bytes());
  outbox_.grant(link_lane::bulk, hello.bulk_window_bytes());
}

outcome<void> shared_link::send(messages::Envelope envelope, link_lane lane) {
  envelope.set_protocol_version(link_protocol_version);
  envelope.set_sender(self_.name);
  envelope.set_sender_incarnation(self_.incarnation);
  auto encoded = encode_envelope(std::move(envelope));
  const auto longest = envelope_bytes_max_[index_of(lane)];
  if (encoded.head.size() > envelope_head_bytes_max
      || encoded.bytes() > longest)
    return fail(problem_kind::invalid_input,
                "an envelope of " + std::to_string(encoded.bytes())
                  + " bytes is too long for node \"" + peer_.node.name
                  + "\", which takes " + std::to_string(longest),
                "send it in pieces");
  auto is_news = false;
  {
    const auto guard = std::lock_guard{mutex_};
    if (is_closed_)
      return fail(problem_kind::not_found,
                  "there is no link to node \"" + peer_.node.name + "\"");
    if (!outbox_.push(lane, std::move(encoded))) {
      was_refused_ = true;
      return fail(problem_kind::unavailable,
                  "overloaded: too much waits for node \"" + peer_.node.name
                    + "\"",
                  "wait until there is room");
    }
    is_news = !is_notified_ && outbox_.is_ready();
    is_notified_ = is_notified_ || is_news;
  }
  if (is_news)
    signal_->notify(connection_);
  return {};
}

std::shared_ptr<const void> shared_link::hold_room(link_lane lane,
                                                   std::size_t bytes) {
  struct room {
    room(std::shared_ptr<shared_link> from, link_lane of, std::size_t size)
      : link{std::move(from)}, lane{of}, bytes{size} {}
    room(const room&) = delete;
    room& operator=(const room&) = delete;
    ~room() {
      link->give_back(lane, bytes);
    }

    std::shared_ptr<shared_link> link;
    link_lane lane;
    std::size_t bytes;
  };
  return std::make_shared<room>(shared_from_this(), lane, bytes);
}

bool shared_link::has_credit(std::size_t lane) const noexcept {
  return given_back_[lane]
         >= std::max(windows_[lane] / credit_parts, std::size_t{1});
}

void shared_link::give_back(link_lane lane, std::size_t bytes) {
  auto is_news = false;
  {
    const auto guard = std::lock_guard{mutex_};
    given_back_[index_of(lane)] += bytes;
    is_news = !is_closed_ && !is_notified_ && has_credit(index_of(lane));
    is_notified_ = is_notified_ || is_news;
  }
  if (is_news)
    signal_->notify(connection_);
}

shared_link::taken shared_link::take(link_output& to, std::size_t bytes_max) {
  auto result = taken{};
  const auto guard = std::lock_guard{mutex_};
  for (const auto lane : {link_lane::urgent, link_lane::bulk}) {
    const auto i = index_of(lane);
    if (!has_credit(i))
      continue;
    auto header = frame_header{};
    header.length = sizeof(std::uint64_t);
    header.kind = frame_kind::credit;
    header.lane = lane;
    append_header(to.text(), header);
    append_number(to.text(), given_back_[i], sizeof(std::uint64_t));
    result.credited[i] = std::exchange(given_back_[i], 0);
  }
  outbox_.take(to, bytes_max);
  result.is_empty = to.is_empty() && !outbox_.is_ready();
  is_notified_ = !result.is_empty;
  if (was_refused_ && outbox_.has_room(link_lane::urgent)
      && outbox_.has_room(link_lane::bulk)) {
    was_refused_ = false;
    result.has_room = true;
  }
  return result;
}

void shared_link::grant(link_lane lane, std::size_t bytes) {
  const auto guard = std::lock_guard{mutex_};
  outbox_.grant(lane, bytes);
}

void shared_link::close() {
  const auto guard = std::lock_guard{mutex_};
  is_closed_ = true;
  outbox_ = lane_outbox{{0, 0}}; // Whoever still holds room keeps only us.
}

} // namespace troupe::cluster
