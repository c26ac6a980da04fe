#include "actors/simulation/event_columns.hpp"
#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "runtime/config/quantities.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::simulation {

using messages::column_block;
using runtime::outcome;

namespace {

/// Blocks that are loaded before it is their turn.
constexpr auto loads_ahead = std::size_t{4};

// Bytes that a year makes of a person, somewhat more than usual.
constexpr auto people_bytes = std::uint64_t{36};
constexpr auto text_bytes = std::uint64_t{400};
constexpr auto packed_bytes = std::uint64_t{32};
constexpr auto column_bytes = std::uint64_t{160};

/// For people: no odd bytes.
std::string rounded_up(std::uint64_t bytes) {
  constexpr auto mebibyte = std::uint64_t{1} << 20U;
  constexpr auto kibibyte = std::uint64_t{1} << 10U;
  const auto unit = bytes >= 8 * mebibyte ? mebibyte : kibibyte;
  return runtime::render_byte_size((bytes + unit - 1) / unit * unit);
}

} // namespace

/// What comes of simulating a block, until it is written and stored.
std::uint64_t simulation_run::output_bytes_of_block() const {
  return largest_block_
         * (people_bytes + (options_.keep_text ? text_bytes : 0)
            + (options_.keep_packed ? packed_bytes : 0)
            + (options_.keep_columns ? column_bytes : 0));
}

/// Before the year: at least one block has to fit in beside all others.
outcome<void> simulation_run::check_room() {
  if (options_.memory_limit_bytes == 0)
    return {};
  const auto hires = static_cast<std::size_t>(planned_.hires);
  largest_block_ = std::max(people_.block_people_max(),
                            std::min(options_.block_people, hires));
  const auto others = largest_block_ * people_bytes + output_bytes_of_block()
                      + hires * sizeof(std::uint64_t);
  if (people_.make_room(waiting_bytes_ + others))
    return {};
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::unavailable;
  reason.key = "memory_limit";
  reason.message = std::to_string(year_) + " takes "
                   + rounded_up(people_.bytes() + waiting_bytes_ + others)
                   + " of memory at least";
  reason.hint = options_.can_load
                  ? "raise the limit, or make smaller blocks"
                  : "raise the limit, or use a store, so that people need not "
                    "stay in memory";
  return runtime::fail(std::move(reason));
}

/// Makes room for so many blocks that are being simulated or loaded.
bool simulation_run::make_room_for(std::size_t blocks) {
  return people_.make_room(waiting_bytes_ + kept_bytes_
                           + blocks * output_bytes_of_block());
}

bool simulation_run::has_room_for_another() {
  const auto others = released_ - answered_ + loading_.size();
  if (make_room_for(others + 1))
    return true;
  // Room will come when something is written, or stored, however little.
  is_short_ = unstored_bytes_ != 0;
  const auto is_draining
    = !texts_.empty() || text_out_ || commit_out_ || is_short_;
  // If it does not, nothing would ever go on.
  return others == 0 && !is_draining;
}

bool simulation_run::can_release() {
  return has_room_for_another()
         && (released_ >= staff_blocks_ || !people_.is_away(released_));
}

std::optional<simulation_run::wanted_block> simulation_run::take_load() {
  if (stage_ != stage::simulate)
    return std::nullopt;
  const auto end = std::min(staff_blocks_, released_ + loads_ahead);
  for (auto at = released_; at < end; ++at) {
    if (!people_.is_away(at) || loading_.contains(at))
      continue;
    if (!has_room_for_another())
      return std::nullopt;
    loading_.insert(at);
    auto wanted = wanted_block{};
    wanted.year = year_;
    wanted.block = at;
    wanted.keys = people_.keys(at);
    return wanted;
  }
  return std::nullopt;
}

outcome<void> simulation_run::loaded(std::uint64_t block,
                                     const column_block& people) {
  const auto at = static_cast<std::size_t>(block);
  if (loading_.erase(at) == 0)
    return {};
  if (!people_.load(at, people)) {
    auto reason = runtime::problem{};
    reason.message = "block " + std::to_string(block) + " of "
                     + std::to_string(year_)
                     + " was loaded with other people than it had";
    reason.hint = "see what is damaged: troupe doctor";
    return runtime::fail(std::move(reason));
  }
  static_cast<void>(make_room_for(released_ - answered_ + loading_.size()));
  return advance();
}

outcome<void> simulation_run::load_failed(runtime::problem reason) {
  return runtime::fail(std::move(reason));
}

} // namespace troupe::simulation
