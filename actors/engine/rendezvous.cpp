#include "actors/engine/rendezvous.hpp"

#include "runtime/mix_bits.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace troupe::engine {

namespace {

constexpr auto fraction_bits = 24U;
constexpr auto weight_max = std::uint32_t{1'000'000};

/// FNV-1a; its weak high bits are mixed by whoever uses it.
std::uint64_t hash_text(std::string_view text) noexcept {
  auto hash = std::uint64_t{0xcbf29ce484222325};
  for (const auto each : text)
    hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3;
  return hash;
}

/// 64 - log2(x) in 2^-24, for x of at least 1. Each squaring of the mantissa
/// yields the next bit (Knuth, The Art of Computer Programming, 1.2.2,
/// exercise 25).
std::uint64_t negative_logarithm(std::uint64_t x) noexcept {
  const auto exponent = static_cast<unsigned>(std::bit_width(x)) - 1U;
  auto mantissa = (x << (63U - exponent)) >> 32U; // 2^31 to 2^32 - 1: 1 to 2
  auto result = std::uint64_t{exponent};
  for (auto bit = 0U; bit < fraction_bits; ++bit) {
    const auto square = mantissa * mantissa;
    const auto is_two = square >> 63U;
    result = (result << 1U) | is_two;
    mantissa = square >> (31U + is_two);
  }
  return (std::uint64_t{64} << fraction_bits) - result;
}

using named_distance = std::pair<rendezvous_distance, std::string_view>;

bool is_nearer(const named_distance& a, const named_distance& b) noexcept {
  if (a.first < b.first || b.first < a.first)
    return a.first < b.first;
  return a.second < b.second;
}

} // namespace

bool operator<(const rendezvous_distance& a,
               const rendezvous_distance& b) noexcept {
  // a / v < b / w without a division: 31 and 20 bits.
  const auto left = a.logarithm * b.weight;
  const auto right = b.logarithm * a.weight;
  return left != right ? left < right : a.hash > b.hash;
}

rendezvous_distance distance(std::string_view key,
                             const rendezvous_node& node) {
  const auto hash = runtime::mix_bits(
    runtime::mix_bits(hash_text(node.name) + runtime::mix_step)
    ^ (hash_text(key) * runtime::mix_step));
  return {negative_logarithm(std::max(hash, std::uint64_t{1})), hash,
          std::clamp(node.weight, std::uint32_t{1}, weight_max)};
}

std::optional<std::size_t> owner_of(std::string_view key,
                                    const std::vector<rendezvous_node>& nodes) {
  auto best = std::optional<std::size_t>{};
  auto nearest = named_distance{};
  for (auto i = std::size_t{0}; i < nodes.size(); ++i) {
    const auto next = named_distance{distance(key, nodes[i]), nodes[i].name};
    if (!best || is_nearer(next, nearest)) {
      best = i;
      nearest = next;
    }
  }
  return best;
}

} // namespace troupe::engine
