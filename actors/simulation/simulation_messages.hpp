#pragma once

#include "actors/simulation/draw_selection.hpp"
#include "actors/simulation/people.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/rule_violation.hpp"
#include "actors/simulation/year_block.hpp"
#include "messages/column_block.hpp"
#include "messages/simulation.pb.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

/// What the columns of simulation.proto mean, by position, and its values.
namespace troupe::simulation {

inline constexpr std::size_t people_column_count = 7;
inline constexpr std::size_t id_column_count = 2;
inline constexpr std::size_t event_column_count = 9;
inline constexpr std::size_t row_column_count = 12;

using column_list = std::vector<messages::column>;

/// Appends columns that share the memory of `of`, which `owner` keeps alive.
void append_people(column_list& to, const people_view& of,
                   const std::shared_ptr<const void>& owner);
void append_ids(column_list& to, const person_ids& ids);
void append_events(column_list& to, const event_columns& of,
                   const std::shared_ptr<const void>& owner);
void append_rows(column_list& to, const year_row_columns& of,
                 const std::shared_ptr<const void>& owner);

/// People as columns that own them.
[[nodiscard]] messages::column_block to_block(people staff);

/// The columns of people at the front of a block; of a shorter one, all.
[[nodiscard]] messages::column_block
people_of(const messages::column_block& block);

/// The people of a block that begins with them; it has to outlive the view.
/// Nothing: they are no people.
[[nodiscard]] std::optional<people_view>
read_people(const messages::column_block& block);

/// The keys of a block that begins with them, of people or alone; it has to
/// outlive them. Nothing: they are none.
[[nodiscard]] std::optional<std::span<const std::uint64_t>>
read_keys(const messages::column_block& block);

/// The ids at these two columns of a block. Nothing: they are none.
[[nodiscard]] std::optional<person_ids>
read_ids(const messages::column_block& block, std::size_t first);

/// Of each histogram a column, how many draws each bucket has.
[[nodiscard]] messages::column_block
to_block(std::span<const draw_histogram> groups);
/// Nothing: there are others than histograms.
[[nodiscard]] std::optional<std::vector<draw_histogram>>
read_histograms(const messages::column_block& block);

/// Of each group a column of draws and one of keys.
[[nodiscard]] messages::column_block
to_block(std::span<const std::vector<keyed_draw>> groups);

/// Appends the draws of a block to those of each group. False: it has not those
/// of so many groups.
[[nodiscard]] bool read_draws(const messages::column_block& block,
                              std::span<std::vector<keyed_draw>> groups);

[[nodiscard]] messages::RuleViolation to_message(const rule_violation& of);
[[nodiscard]] rule_violation from_message(const messages::RuleViolation& of);

} // namespace troupe::simulation
