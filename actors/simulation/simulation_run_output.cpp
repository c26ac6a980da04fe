#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "actors/simulation/year_totals_message.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::simulation {

using messages::column;
using messages::column_block;
using runtime::outcome;

namespace {

/// Packed bytes that are stored at once, and how often they must fit into the
/// memory.
constexpr auto commit_bytes_max = std::uint64_t{8} << 20U;
constexpr auto commits_of_memory = std::uint64_t{8};

/// Bytes of events and rows before packing.
std::uint64_t raw_bytes_of(const year_totals& of) {
  auto events = event_columns{};
  events.count = static_cast<std::size_t>(of.events);
  auto rows = year_row_columns{};
  rows.count = static_cast<std::size_t>(of.start_headcount + of.hires);
  return raw_bytes(events) + raw_bytes(rows);
}

} // namespace

std::uint64_t simulation_run::commit_bytes() const noexcept {
  if (options_.memory_limit_bytes == 0)
    return commit_bytes_max;
  return std::min(options_.memory_limit_bytes / commits_of_memory,
                  commit_bytes_max);
}

void simulation_run::pack_up(std::size_t at) {
  const auto& from = results_[at];
  const auto first = options_.keep_text ? std::size_t{2} : std::size_t{0};
  auto next = packed{};
  next.block = at;
  if (blocks_[at].is_hires()) {
    next.first_key = hire_key(year_, blocks_[at].hires.first);
    next.last_key = hire_key(year_, blocks_[at].hires.last);
  } else {
    next.first_key = people_.first_key(at);
    next.last_key = people_.last_key(at);
  }
  next.rows = from.output[first];
  next.events = from.output[first + 1];
  unstored_bytes_ += next.rows.size() + next.events.size();
  unstored_.push_back(std::move(next));
}

/// Queues what the blocks put out, as far as there is no gap.
void simulation_run::hand_out() {
  for (; handed_out_ < results_.size() && results_[handed_out_].is_there;
       ++handed_out_) {
    auto& from = results_[handed_out_];
    if (options_.keep_text) {
      texts_.push_back({"events.csv", column_block{{from.output[0]}}});
      texts_.push_back({"snapshots.csv", column_block{{from.output[1]}}});
    }
    if (options_.keep_packed)
      pack_up(handed_out_);
    from.output.clear();
  }
}

std::optional<simulation_run::output> simulation_run::take_output() {
  if (text_out_ || texts_.empty())
    return std::nullopt;
  auto next = std::move(texts_.front());
  texts_.pop_front();
  text_out_bytes_ = next.text[0].size();
  csv_bytes_ += text_out_bytes_;
  text_out_ = true;
  return next;
}

outcome<void> simulation_run::output_written() {
  text_out_ = false;
  waiting_bytes_ -= text_out_bytes_;
  ++texts_written_;
  return advance();
}

std::optional<simulation_run::commit> simulation_run::take_commit() {
  if (!options_.keep_packed || commit_out_ || stage_ != stage::simulate)
    return std::nullopt;
  const auto is_last = is_checked_ && !year_committed_;
  const auto are_enough = is_short_ || unstored_bytes_ >= commit_bytes();
  if (!is_last && !are_enough)
    return std::nullopt;
  is_short_ = false;
  auto next = commit{};
  next.year = year_;
  next.blocks.assign(std::make_move_iterator(unstored_.begin()),
                     std::make_move_iterator(unstored_.end()));
  unstored_.clear();
  year_packed_bytes_ += unstored_bytes_;
  commit_out_bytes_ = std::exchange(unstored_bytes_, 0);
  if (is_last) {
    next.totals = totals_;
    next.raw_bytes = raw_bytes_of(totals_);
    next.packed_bytes = year_packed_bytes_;
    raw_bytes_ += next.raw_bytes;
    packed_bytes_ += next.packed_bytes;
    year_committed_ = true;
  }
  commit_out_ = true;
  return next;
}

outcome<void> simulation_run::committed() {
  commit_out_ = false;
  waiting_bytes_ -= commit_out_bytes_;
  return advance();
}

std::optional<simulation_run::finished_year> simulation_run::take_year() {
  return std::exchange(finished_, std::nullopt);
}

// -- the result --------------------------------------------------------------

double simulation_run::progress() const noexcept {
  const auto& of = options_.parameters;
  const auto all = static_cast<double>(of.end_year - of.start_year + 1);
  auto done = static_cast<double>(years_.size());
  if (stage_ == stage::simulate && !blocks_.empty())
    done
      += static_cast<double>(answered_) / static_cast<double>(blocks_.size());
  return done / all;
}

messages::SimulationSummary simulation_run::summary() const {
  auto all = messages::SimulationSummary{};
  for (const auto& totals : years_)
    *all.add_years() = to_message(totals);
  all.set_retries(board_.retries());
  all.set_csv_bytes(csv_bytes_);
  all.set_raw_bytes(raw_bytes_);
  all.set_packed_bytes(packed_bytes_);
  return all;
}

} // namespace troupe::simulation
