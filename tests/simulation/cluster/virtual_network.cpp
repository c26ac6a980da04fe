#include "tests/simulation/cluster/virtual_network.hpp"

#include <algorithm>

namespace troupe::tests {

namespace {

constexpr auto clean_after = std::chrono::seconds{2};

bool link_was_clean(const virtual_network::link& of, virtual_time now) {
  return !of.is_faulty() && now - of.faulty_at > clean_after;
}

} // namespace

std::vector<virtual_time>
virtual_network::arrivals(std::size_t from, std::size_t to, virtual_time now) {
  const auto& through = between(from, to);
  auto result = std::vector<virtual_time>{};
  if (through.is_cut || random_() % 1'000 < through.loss_permille)
    return result;
  const auto width = static_cast<std::uint64_t>(
    (through.delay_max - through.delay_min).count());
  const auto copies = random_() % 1'000 < through.repeats_permille ? 2 : 1;
  for (auto copy = 0; copy < copies; ++copy)
    result.push_back(
      now + through.delay_min
      + virtual_time{static_cast<std::int64_t>(random_() % (width + 1))});
  return result;
}

bool virtual_network::was_clean(std::size_t from, std::size_t to,
                                virtual_time now) const {
  return link_was_clean(links_[from * nodes_ + to], now);
}

bool virtual_network::was_clean(virtual_time now) const {
  return std::all_of(links_.begin(), links_.end(),
                     [&](const auto& of) { return link_was_clean(of, now); });
}

void virtual_network::heal(virtual_time now) {
  for (auto& one : links_) {
    const auto faulty_at = one.is_faulty() ? now : one.faulty_at;
    one = link{};
    one.faulty_at = faulty_at;
  }
}

} // namespace troupe::tests
