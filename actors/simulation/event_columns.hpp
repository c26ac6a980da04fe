#pragma once

#include "actors/simulation/scenario.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// In the order of the rules, which is that of a person's events.
enum class event_type : std::uint8_t {
  termination,
  enrollment,
  opt_out,
  promotion,
  raise,
  hire,
  eligibility,
  new_hire_termination,
};

inline constexpr std::size_t event_type_count = 8;

/// As in events.csv, by event_type.
inline constexpr auto event_type_words
  = std::array<std::string_view, event_type_count>{
    "termination", "enrollment", "opt_out",     "promotion",
    "raise",       "hire",       "eligibility", "new_hire_termination"};

struct event {
  std::uint64_t key = 0;
  cents amount = 0;
  /// Pay before it; 0 where there is none.
  cents previous = 0;
  std::int32_t probability = 0;
  /// 0 is 1 January.
  std::uint16_t day = 0;
  event_type type = event_type::termination;
  std::uint8_t level = 0;
  std::uint8_t age = 0;
  std::uint8_t tenure = 0;

  friend bool operator==(const event&, const event&) = default;
};

/// Events of a block by key, and of a person in the order of the rules. The
/// columns are longer than `count` where memory of an earlier block is used
/// again.
struct event_columns {
  std::size_t count = 0;
  std::vector<std::uint64_t> key;
  std::vector<cents> amount;
  std::vector<cents> previous;
  std::vector<std::int32_t> probability;
  std::vector<std::uint16_t> day;
  std::vector<event_type> type;
  std::vector<std::uint8_t> level;
  std::vector<std::uint8_t> age;
  std::vector<std::uint8_t> tenure;

  /// The columns get at least so many entries.
  void make_room(std::size_t events);

  [[nodiscard]] event operator[](std::size_t at) const {
    return {.key = key[at],
            .amount = amount[at],
            .previous = previous[at],
            .probability = probability[at],
            .day = day[at],
            .type = type[at],
            .level = level[at],
            .age = age[at],
            .tenure = tenure[at]};
  }
};

/// Writes events over what the columns held, with pointers of its own. A byte
/// written may be a part of anything whose address is known elsewhere, so that
/// a compiler keeps these in registers only while all of this is inline.
class event_writer {
public:
  /// There is room for so many, to begin with.
  event_writer(event_columns& columns, std::size_t events)
    : columns_{&columns} {
    columns.make_room(events);
    find_columns();
  }

  /// To be called before more are added than there is room for.
  void make_room(std::size_t more) {
    const auto room = columns_->key.size();
    if (room - count_ >= more)
      return;
    columns_->make_room(std::max(count_ + more, room + room / 2));
    find_columns();
  }

  void add(const event& one) noexcept {
    key_[count_] = one.key;
    amount_[count_] = one.amount;
    previous_[count_] = one.previous;
    probability_[count_] = one.probability;
    day_[count_] = one.day;
    type_[count_] = one.type;
    level_[count_] = one.level;
    age_[count_] = one.age;
    tenure_[count_] = one.tenure;
    ++count_;
  }

  [[nodiscard]] std::size_t count() const noexcept {
    return count_;
  }

  /// To be called once, at the end.
  void finish() noexcept {
    columns_->count = count_;
  }

private:
  void find_columns() noexcept {
    key_ = columns_->key.data();
    amount_ = columns_->amount.data();
    previous_ = columns_->previous.data();
    probability_ = columns_->probability.data();
    day_ = columns_->day.data();
    type_ = columns_->type.data();
    level_ = columns_->level.data();
    age_ = columns_->age.data();
    tenure_ = columns_->tenure.data();
  }

  event_columns* columns_;
  std::size_t count_ = 0;
  std::uint64_t* key_ = nullptr;
  cents* amount_ = nullptr;
  cents* previous_ = nullptr;
  std::int32_t* probability_ = nullptr;
  std::uint16_t* day_ = nullptr;
  event_type* type_ = nullptr;
  std::uint8_t* level_ = nullptr;
  std::uint8_t* age_ = nullptr;
  std::uint8_t* tenure_ = nullptr;
};

} // namespace troupe::simulation
