#pragma once

#include "cluster/transport/transport.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::tests {

/// Keeps what a transport tells, for a test that waits for it on another
/// thread. Events name themselves, as "up b", "lost b: REASON", "refused b:
/// REASON", "room b".
class transport_events_log {
public:
  /// For one transport. The log has to outlive it.
  [[nodiscard]] cluster::transport_events events();

  /// Waits until an event has that text in it, and forgets it and those before
  /// it. The event; fails the test after a minute.
  std::string await(const std::string& part);

  /// The events that nobody waited for.
  [[nodiscard]] std::vector<std::string> seen() const;

  /// Waits until so many envelopes are there in all, and takes them.
  [[nodiscard]] std::vector<cluster::incoming_envelope>
  await_envelopes(std::size_t count);

  /// Called with each envelope instead of keeping it. Set it before there are
  /// links.
  std::function<void(cluster::incoming_envelope)> on_envelope;

private:
  void add(std::string event);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
  std::vector<cluster::incoming_envelope> envelopes_;
};

/// An envelope of the given kind, with what tests look at.
[[nodiscard]] messages::Envelope test_envelope(std::uint64_t id,
                                               std::string body);

} // namespace troupe::tests
