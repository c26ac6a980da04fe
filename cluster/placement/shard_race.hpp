#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

struct shard_race_options {
  /// A shard that takes so many per cent of the median of its siblings, by
  /// unit, is a straggler. Above 100.
  std::uint32_t slow_percent = 200;
  /// So many per cent of the siblings have to be done before anybody is slow,
  /// and at least `done_min`.
  std::uint32_t done_percent = 50;
  std::uint32_t done_min = 3;
  /// Nobody is slow before.
  std::chrono::microseconds elapsed_min = std::chrono::seconds{1};
};

/// A shard that is under way on a node.
struct shard_attempt {
  std::size_t shard = 0;
  std::string node;
  /// Of all attempts of the race each has its own, the later a higher one.
  std::uint64_t epoch = 0;
  runtime::clock::steady_time started{};

  friend bool operator==(const shard_attempt&, const shard_attempt&) = default;
};

/// What a report that a shard is done comes to.
struct shard_completion {
  /// False: somebody else was first, or the attempt was given up; its result is
  /// not to be used.
  bool is_accepted = false;
  /// Who does the same and need not any more.
  std::vector<shard_attempt> to_cancel;
};

/// The shards of one piece of work, and the attempts at them. A straggler is
/// begun on another node once more (Dean and Ghemawat: MapReduce, 2004, backup
/// tasks); whoever is done first, wins. Whether there is a node for it is for
/// `place` to say: the work avoids the node that is slow.
///
/// Pure: the monotonic time comes in. Shards are by number; the numbers that
/// this class is given are those of shards that exist.
class shard_race {
public:
  /// How large each shard is; 0 counts as 1.
  explicit shard_race(std::vector<std::uint64_t> units,
                      const shard_race_options& options = {});

  /// The shard begins on a node; the epoch under which it will report. Nothing
  /// if it is done, or if it is under way and may not be begun once more: there
  /// already, or begun a second time before.
  [[nodiscard]] std::optional<std::uint64_t>
  begin(std::size_t shard, std::string_view node,
        runtime::clock::steady_time now);

  /// Shards without any attempt, in their order.
  [[nodiscard]] std::vector<std::size_t> idle() const;

  /// Attempts that take too long and may be had elsewhere as well; the slowest,
  /// by unit, first.
  [[nodiscard]] std::vector<shard_attempt>
  stragglers(runtime::clock::steady_time now) const;

  /// When the next one may become a straggler, if nothing else happens.
  [[nodiscard]] std::optional<runtime::clock::steady_time> next_check() const;

  /// A report under an epoch.
  [[nodiscard]] shard_completion complete(std::size_t shard,
                                          std::uint64_t epoch,
                                          runtime::clock::steady_time now);

  /// An attempt has failed or was called off; false if it did not count.
  bool give_up(std::size_t shard, std::uint64_t epoch);

  /// A node is gone; how many attempts were lost.
  std::size_t lose(std::string_view node);

  [[nodiscard]] bool is_done() const noexcept {
    return done_ == shards_.size();
  }

private:
  struct record {
    std::uint64_t units = 1;
    bool is_done = false;
    bool is_doubled = false; ///< Was begun while it was under way, once.
    std::vector<shard_attempt> attempts;
  };

  [[nodiscard]] bool has_enough_done() const noexcept;
  /// How long this shard may take.
  [[nodiscard]] std::chrono::nanoseconds patience(const record& of) const;

  shard_race_options options_;
  std::vector<record> shards_;
  /// Of what is done, how long a unit took, in ns; ascending.
  std::vector<double> paces_;
  std::size_t done_ = 0;
  std::uint64_t epochs_ = 0;
};

} // namespace troupe::cluster
