#pragma once

#include "messages/column_block.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace troupe::simulation {

/// Where a run keeps its people, and how many bytes they may take.
struct people_limit {
  /// Of all people of a run, in bytes; 0: any number.
  std::uint64_t bytes = 0;
  /// Who is not in memory can be loaded again; otherwise they are packed.
  bool can_load = false;
};

/// Keeps the people of a run in memory as far as a limit allows, a block as
/// one of these:
///
///   there:  columns, 30 bytes a person
///   packed: about 9 bytes a person, where nobody can load them
///   away:   their keys alone, 8 bytes a person; somebody has to load the rest
///
/// A block of a year is there, packed or away; when it was simulated, its
/// people of the next year take its place. All are needed once a year, in
/// their order. So who was kept last goes first: they are due last. (The least
/// recently used would be those who are due next.) Pure.
class people_keeper {
public:
  explicit people_keeper(people_limit limit) noexcept : limit_{limit} {}

  // -- the blocks of the year, in the order of keys --------------------------

  /// Adds people behind all others; somebody at least.
  void add(const messages::column_block& people);

  [[nodiscard]] std::size_t size() const noexcept {
    return now_.size();
  }

  /// Of all blocks.
  [[nodiscard]] std::size_t people() const noexcept;
  /// Of the largest block.
  [[nodiscard]] std::size_t block_people_max() const noexcept;

  /// Also of a block that was simulated.
  [[nodiscard]] std::uint64_t first_key(std::size_t block) const {
    return now_.at(block).first_key;
  }

  [[nodiscard]] std::uint64_t last_key(std::size_t block) const {
    return now_.at(block).last_key;
  }

  /// Of a block that was not simulated yet, wherever it is.
  [[nodiscard]] messages::column keys(std::size_t block) const;

  /// The people of a block that is there.
  [[nodiscard]] const messages::column_block& there(std::size_t block) const {
    return now_.at(block).columns;
  }

  [[nodiscard]] bool is_away(std::size_t block) const {
    return now_.at(block).at == place::away;
  }

  /// It is about to be simulated, and stays there until it was. It must not be
  /// away.
  void hold(std::size_t block);

  /// The people of a block that is held.
  [[nodiscard]] const messages::column_block& held(std::size_t block) const;

  /// Somebody has loaded a block that was away; it is held. False: these are
  /// others.
  [[nodiscard]] bool load(std::size_t block,
                          const messages::column_block& people);

  // -- the next year ---------------------------------------------------------

  /// A block was simulated: it goes, and these are its people of the next
  /// year. Blocks behind those of the year are hires.
  void replace(std::size_t block, const messages::column_block& people);

  /// The next year begins. The blocks that go on, in their order: those with
  /// somebody in them.
  [[nodiscard]] std::vector<std::size_t> begin_next_year();

  // -- the limit -------------------------------------------------------------

  /// Puts away people until so many bytes of others fit in beside them. False:
  /// nobody is left who can go, and it is still too much.
  bool make_room(std::uint64_t others);

  /// What people take now.
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return bytes_;
  }

  /// How often a block was put away, or packed.
  [[nodiscard]] std::uint64_t spilled() const noexcept {
    return spilled_;
  }

private:
  enum class place : std::uint8_t { nowhere, there, packed, away };

  struct kept_block {
    place at = place::nowhere;
    std::size_t people = 0;
    std::uint64_t first_key = 0;
    std::uint64_t last_key = 0;
    std::uint64_t bytes = 0;
    messages::column_block columns; ///< There.
    messages::column keys; ///< Away.
    std::string packed;
  };

  using blocks = std::vector<kept_block>;

  void keep(kept_block& block, messages::column_block people);
  void drop(kept_block& block);
  void put_away(kept_block& block);
  void pack(kept_block& block);
  void take(kept_block& block, std::uint64_t bytes);
  void put_last_away(blocks& of, std::set<std::size_t>& there);

  people_limit limit_;
  blocks now_;
  blocks next_;
  /// Who is there and can go.
  std::set<std::size_t> now_there_;
  std::set<std::size_t> next_there_;
  std::uint64_t bytes_ = 0;
  std::uint64_t spilled_ = 0;
};

} // namespace troupe::simulation
