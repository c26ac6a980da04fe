#include "cluster/placement/shard_race.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

using runtime::clock;

shard_race::shard_race(std::vector<std::uint64_t> units,
                       const shard_race_options& options)
  : options_{options} {
  shards_.resize(units.size());
  for (auto i = std::size_t{0}; i < units.size(); ++i)
    shards_[i].units = std::max(units[i], std::uint64_t{1});
}

std::optional<std::uint64_t> shard_race::begin(std::size_t shard,
                                               std::string_view node,
                                               clock::steady_time now) {
  auto& of = shards_[shard];
  if (of.is_done)
    return {};
  if (!of.attempts.empty()) {
    if (of.is_doubled || of.attempts.front().node == node)
      return {};
    of.is_doubled = true;
  }
  of.attempts.push_back({shard, std::string{node}, ++epochs_, now});
  return epochs_;
}

std::vector<std::size_t> shard_race::idle() const {
  auto found = std::vector<std::size_t>{};
  for (auto i = std::size_t{0}; i < shards_.size(); ++i)
    if (!shards_[i].is_done && shards_[i].attempts.empty())
      found.push_back(i);
  return found;
}

bool shard_race::has_enough_done() const noexcept {
  return done_ >= std::max(options_.done_min, 1U)
         && done_ * 100 >= shards_.size() * options_.done_percent;
}

std::chrono::nanoseconds shard_race::patience(const record& of) const {
  // Of an even number the higher one: rather late than twice.
  const auto median = paces_[paces_.size() / 2];
  const auto allowed = std::chrono::duration<double, std::nano>{
    median * static_cast<double>(of.units) * options_.slow_percent / 100.0};
  // Beyond a year nobody is slow, and the clock's numbers would overflow.
  constexpr auto longest = std::chrono::nanoseconds{std::chrono::years{1}};
  const auto bounded
    = allowed < longest
        ? std::chrono::duration_cast<std::chrono::nanoseconds>(allowed)
        : longest;
  return std::max<std::chrono::nanoseconds>(bounded, options_.elapsed_min);
}

std::vector<shard_attempt>
shard_race::stragglers(clock::steady_time now) const {
  auto found = std::vector<std::pair<double, shard_attempt>>{};
  if (!has_enough_done())
    return {};
  for (const auto& each : shards_) {
    if (each.is_done || each.is_doubled || each.attempts.empty())
      continue;
    const auto& attempt = each.attempts.front();
    const auto elapsed = now - attempt.started;
    if (elapsed > patience(each))
      found.emplace_back(static_cast<double>(elapsed.count())
                           / static_cast<double>(each.units),
                         attempt);
  }
  std::ranges::stable_sort(found, [](const auto& a, const auto& b) {
    return a.first > b.first;
  });
  auto attempts = std::vector<shard_attempt>{};
  for (auto& [pace, attempt] : found)
    attempts.push_back(std::move(attempt));
  return attempts;
}

std::optional<clock::steady_time> shard_race::next_check() const {
  auto next = std::optional<clock::steady_time>{};
  if (!has_enough_done())
    return next;
  for (const auto& each : shards_) {
    if (each.is_done || each.is_doubled || each.attempts.empty())
      continue;
    const auto at = each.attempts.front().started + patience(each)
                    + std::chrono::nanoseconds{1};
    next = std::min(next.value_or(at), at);
  }
  return next;
}

shard_completion shard_race::complete(std::size_t shard, std::uint64_t epoch,
                                      clock::steady_time now) {
  auto result = shard_completion{};
  auto& of = shards_[shard];
  const auto winner
    = std::ranges::find(of.attempts, epoch, &shard_attempt::epoch);
  if (of.is_done || winner == of.attempts.end())
    return result;
  const auto pace = static_cast<double>((now - winner->started).count())
                    / static_cast<double>(of.units);
  paces_.insert(std::ranges::upper_bound(paces_, pace), pace);
  of.attempts.erase(winner);
  of.is_done = true;
  ++done_;
  result.is_accepted = true;
  result.to_cancel = std::exchange(of.attempts, {});
  return result;
}

bool shard_race::give_up(std::size_t shard, std::uint64_t epoch) {
  auto& of = shards_[shard];
  return std::erase_if(of.attempts,
                       [epoch](const auto& each) {
                         return each.epoch == epoch;
                       })
         != 0;
}

std::size_t shard_race::lose(std::string_view node) {
  auto lost = std::size_t{0};
  for (auto& each : shards_)
    lost += std::erase_if(each.attempts, [node](const auto& attempt) {
      return attempt.node == node;
    });
  return lost;
}

} // namespace troupe::cluster
