#include "tests/cluster/transport/transport_events_log.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

namespace troupe::tests {

namespace {

constexpr auto event_wait_max = std::chrono::seconds{60};

} // namespace

cluster::transport_events transport_events_log::events() {
  auto result = cluster::transport_events{};
  result.up
    = [this](const cluster::link_peer& peer) { add("up " + peer.node.name); };
  result.refused = [this](const cluster::link_refusal& refusal) {
    add("refused " + refusal.node + ": " + refusal.reason);
  };
  result.lost = [this](const cluster::link_loss& loss) {
    add("lost " + loss.node.name + ": " + loss.reason);
  };
  result.received = [this](cluster::incoming_envelope incoming) {
    if (on_envelope)
      return on_envelope(std::move(incoming));
    const auto guard = std::lock_guard{mutex_};
    envelopes_.push_back(std::move(incoming));
    changed_.notify_all();
  };
  result.room = [this](const std::string& node) { add("room " + node); };
  return result;
}

void transport_events_log::add(std::string event) {
  const auto guard = std::lock_guard{mutex_};
  events_.push_back(std::move(event));
  changed_.notify_all();
}

std::string transport_events_log::await(const std::string& part) {
  auto lock = std::unique_lock{mutex_};
  auto found = events_.end();
  const auto is_there = changed_.wait_for(lock, event_wait_max, [&] {
    found = std::ranges::find_if(events_, [&](const std::string& event) {
      return event.find(part) != std::string::npos;
    });
    return found != events_.end();
  });
  auto all = std::string{};
  for (const auto& event : events_)
    all += event + "\n";
  INFO("waited for: " << part << "\nsaw:\n" << all);
  REQUIRE(is_there);
  auto event = std::move(*found);
  events_.erase(events_.begin(), std::next(found));
  return event;
}

std::vector<std::string> transport_events_log::seen() const {
  const auto guard = std::lock_guard{mutex_};
  return events_;
}

std::vector<cluster::incoming_envelope>
transport_events_log::await_envelopes(std::size_t count) {
  auto lock = std::unique_lock{mutex_};
  REQUIRE(changed_.wait_for(lock, event_wait_max,
                            [&] { return envelopes_.size() >= count; }));
  return std::exchange(envelopes_, {});
}

messages::Envelope test_envelope(std::uint64_t id, std::string body) {
  auto envelope = messages::Envelope{};
  envelope.set_correlation_id(id);
  envelope.set_kind(messages::Envelope::KIND_REQUEST);
  envelope.set_epoch(12);
  envelope.set_trace_id("trace");
  envelope.set_target("test");
  envelope.set_time_left_ms(1'500);
  envelope.set_body(std::move(body));
  return envelope;
}

} // namespace troupe::tests
