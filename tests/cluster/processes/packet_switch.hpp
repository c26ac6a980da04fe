#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace troupe::tests {

/// What becomes of packets from one host to another.
struct line_quality {
  bool is_cut = false;
  double loss = 0; ///< Part of the packets, 0 to 1.
  std::chrono::milliseconds delay{0};
};

/// Carries IPv4 packets between TUN devices on a thread of its own. The host at
/// index i has the address SUBNET.(i + 1); what goes elsewhere is dropped.
class packet_switch {
public:
  /// The devices stay the caller's, who closes them after the switch has gone.
  explicit packet_switch(std::vector<int> devices);
  packet_switch(const packet_switch&) = delete;
  packet_switch& operator=(const packet_switch&) = delete;
  ~packet_switch();

  /// Also for packets that are under way.
  void set(std::size_t from, std::size_t to, const line_quality& quality);

private:
  using time = std::chrono::steady_clock::time_point;

  struct packet {
    std::size_t from;
    std::size_t to;
    std::vector<std::uint8_t> bytes;
  };

  void run();
  void take_from(std::size_t host);
  void pass_on_what_is_due();
  [[nodiscard]] int milliseconds_to_wait() const;
  [[nodiscard]] line_quality quality_of(std::size_t from, std::size_t to);

  std::vector<int> devices_;
  int stop_; ///< Readable when the thread has to end.
  std::mutex mutex_;
  std::vector<line_quality>
    lines_; ///< Guarded by the mutex; from * count + to.
  std::multimap<time, packet> under_way_;
  std::mt19937_64 random_{1};
  std::thread thread_;
};

} // namespace troupe::tests
