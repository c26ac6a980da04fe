#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace troupe::tests {

/// Virtual time since the beginning of a simulation.
using virtual_time = std::chrono::microseconds;

/// Links between nodes, one for each direction: they delay, and by that
/// reorder, lose and repeat what is sent, or are cut. All from a seed.
class virtual_network {
public:
  /// Of one direction of one link.
  struct link {
    bool is_cut = false;
    unsigned loss_permille = 20;
    unsigned repeats_permille = 0;
    virtual_time delay_min{500};
    virtual_time delay_max{std::chrono::milliseconds{50}};
    /// When it was last worse than it is by default.
    virtual_time faulty_at{std::chrono::hours{-1}};

    [[nodiscard]] bool is_faulty() const noexcept {
      return is_cut || loss_permille > 20 || repeats_permille > 0
             || delay_max > std::chrono::milliseconds{50};
    }
  };

  virtual_network(std::size_t nodes, std::uint64_t seed)
    : nodes_{nodes}, links_(nodes * nodes), random_{seed} {}

  [[nodiscard]] link& between(std::size_t from, std::size_t to) {
    return links_[from * nodes_ + to];
  }

  /// When what is sent now arrives: never, once or twice.
  [[nodiscard]] std::vector<virtual_time>
  arrivals(std::size_t from, std::size_t to, virtual_time now);

  /// Whether the link was as it is by default for all of the last two seconds.
  [[nodiscard]] bool was_clean(std::size_t from, std::size_t to,
                               virtual_time now) const;

  /// The same of all links.
  [[nodiscard]] bool was_clean(virtual_time now) const;

  /// Faults end here; they are remembered for `was_clean`.
  void heal(virtual_time now);

private:
  std::size_t nodes_;
  std::vector<link> links_;
  std::mt19937_64 random_;
};

} // namespace troupe::tests
