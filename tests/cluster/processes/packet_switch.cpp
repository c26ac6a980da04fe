#include "tests/cluster/processes/packet_switch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace troupe::tests {

namespace {

using steady = std::chrono::steady_clock;

/// Of a TUN device without offloading.
constexpr auto packet_bytes_max = std::size_t{65'536};
constexpr auto header_bytes = 20;
constexpr auto last_byte_of_target = std::size_t{19};
/// As a router's queue; what comes on top is lost.
constexpr auto packets_max = std::size_t{20'000};

} // namespace

packet_switch::packet_switch(std::vector<int> devices)
  : devices_{std::move(devices)}, stop_{::eventfd(0, EFD_CLOEXEC)},
    lines_(devices_.size() * devices_.size()) {
  if (stop_ < 0)
    throw std::runtime_error{"cannot make an event"};
  thread_ = std::thread{[this] { run(); }};
}

packet_switch::~packet_switch() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(stop_);
}

void packet_switch::set(std::size_t from, std::size_t to,
                        const line_quality& quality) {
  const auto guard = std::lock_guard{mutex_};
  lines_.at(from * devices_.size() + to) = quality;
}

line_quality packet_switch::quality_of(std::size_t from, std::size_t to) {
  const auto guard = std::lock_guard{mutex_};
  return lines_[from * devices_.size() + to];
}

void packet_switch::run() {
  auto wanted = std::vector<pollfd>{};
  for (const auto device : devices_)
    wanted.push_back({device, POLLIN, 0});
  wanted.push_back({stop_, POLLIN, 0});
  while (wanted.back().revents == 0) {
    ::poll(wanted.data(), wanted.size(), milliseconds_to_wait());
    for (auto host = std::size_t{0}; host < devices_.size(); ++host)
      if (wanted[host].revents != 0)
        take_from(host);
    pass_on_what_is_due();
  }
}

void packet_switch::take_from(std::size_t host) {
  static auto buffer = std::array<std::uint8_t, packet_bytes_max>{};
  constexpr auto packets_at_once = 64;
  for (auto i = 0; i < packets_at_once; ++i) {
    const auto size = ::read(devices_[host], buffer.data(), buffer.size());
    if (size <= 0)
      return;
    const auto is_version_4 = buffer[0] >> 4U == 4;
    const auto to = std::size_t{buffer[last_byte_of_target]} - 1;
    if (size < header_bytes || !is_version_4 || to >= devices_.size())
      continue;
    const auto quality = quality_of(host, to);
    const auto is_lost = std::bernoulli_distribution{quality.loss}(random_);
    if (!is_lost && under_way_.size() < packets_max)
      under_way_.emplace(
        steady::now() + quality.delay,
        packet{host, to, {buffer.begin(), buffer.begin() + size}});
  }
}

void packet_switch::pass_on_what_is_due() {
  const auto now = steady::now();
  while (!under_way_.empty() && under_way_.begin()->first <= now) {
    const auto& next = under_way_.begin()->second;
    // A device that takes nothing at the moment loses it, as any network may.
    if (!quality_of(next.from, next.to).is_cut)
      static_cast<void>(
        !::write(devices_[next.to], next.bytes.data(), next.bytes.size()));
    under_way_.erase(under_way_.begin());
  }
}

int packet_switch::milliseconds_to_wait() const {
  if (under_way_.empty())
    return -1;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(
    under_way_.begin()->first - steady::now());
  return static_cast<int>(std::max(rest.count(), decltype(rest.count()){0}));
}

} // namespace troupe::tests
