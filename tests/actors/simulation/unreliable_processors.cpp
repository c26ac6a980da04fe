#include "tests/actors/simulation/unreliable_processors.hpp"

#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/year_text.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace troupe::tests {

using simulation::people;
using simulation::simulation_run;

namespace {

void append(people& to, const simulation::year_row& row) {
  to.key.push_back(row.key);
  to.birth_date.push_back(row.birth_date);
  to.hire_date.push_back(row.hire_date);
  to.pay.push_back(row.pay);
  to.deferral.push_back(row.deferral);
  to.level.push_back(row.level);
  to.plan.push_back(row.plan);
}

} // namespace

simulation::simulation_run_options golden_options(std::size_t block_people) {
  auto census = read_golden_census();
  auto options = simulation::simulation_run_options{};
  options.parameters = read_golden_scenario();
  options.everybody = simulation::to_block(std::move(census.staff));
  options.ids = census.ids;
  options.block_people = block_people;
  options.keep_text = true;
  return options;
}

unreliable_processors::unreliable_processors(simulation_run& run, unsigned seed)
  : run_{run}, random_{seed} {
  const auto census = read_golden_census();
  stored_[read_golden_scenario().start_year]
    = simulation::make_blocks(census.staff, census.staff.size()).front();
}

void unreliable_processors::step() {
  switch (random_() % 10) {
    case 0:
    case 1:
    case 2:
    case 3:
      take();
      break;
    case 4:
      if (!held_.empty() && random_() % 16 == 0)
        run_.take_back(held_.front().worker); // Who answers all the same.
      else if (!held_.empty() && lost_ < 2 && random_() % 8 == 0)
        lose();
      break;
    case 5:
      write();
      break;
    case 6:
      store();
      break;
    case 7:
      ask_for_people();
      load();
      break;
    default:
      answer();
      break;
  }
}

void unreliable_processors::finish() {
  auto steps = 0;
  while (!run_.is_done()) {
    REQUIRE(++steps < 200'000);
    step();
    memory_bytes = std::max(memory_bytes, run_.memory_bytes());
  }
}

bool unreliable_processors::wrote_golden_files() const {
  const auto events
    = std::string{simulation::events_csv_header} + texts.at("events.csv");
  const auto rows
    = std::string{simulation::rows_csv_header} + texts.at("snapshots.csv");
  return events == read_simulation_text("events.csv")
         && rows == read_simulation_text("snapshots.csv");
}

void unreliable_processors::take() {
  const auto worker = first_worker_ + random_() % 3;
  if (auto offered = run_.take(worker))
    held_.push_back({worker, std::move(*offered)});
}

void unreliable_processors::answer() {
  if (held_.empty())
    return;
  // A processor does its tasks in the order in which it took them.
  const auto worker = held_[random_() % held_.size()].worker;
  const auto at = std::ranges::find(held_, worker, &holding::worker);
  auto done = works_[worker].perform(at->offer.task, at->offer.block);
  REQUIRE(done);
  held_.erase(at);
  REQUIRE(run_.complete(done->result, done->block));
  if (random_() % 16 == 0) // Late, or twice.
    REQUIRE(run_.complete(done->result, done->block));
}

void unreliable_processors::lose() {
  const auto worker = held_[random_() % held_.size()].worker;
  std::erase_if(held_, [=](const auto& each) { return each.worker == worker; });
  works_.erase(worker);
  ++lost_;
  first_worker_ += 3; // Whoever comes in its place has another name.
  REQUIRE(run_.lose(worker));
  for (const auto& each : std::exchange(held_, {}))
    REQUIRE(run_.lose(each.worker));
}

void unreliable_processors::write() {
  auto output = run_.take_output();
  if (!output)
    return;
  const auto bytes = output->text[0].bytes();
  texts[output->file].append(bytes.begin(), bytes.end());
  REQUIRE_FALSE(run_.take_output());
  REQUIRE(run_.output_written());
}

void unreliable_processors::store() {
  auto commit = run_.take_commit();
  if (!commit)
    return;
  auto& to = stored_[commit->year + 1];
  for (const auto& block : commit->blocks) {
    const auto bytes = block.rows.bytes();
    const auto rows = simulation::unpack_rows(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    REQUIRE(rows);
    for (auto at = std::size_t{0}; at < rows->count; ++at)
      if ((*rows)[at].is_active())
        append(to, (*rows)[at]);
  }
  REQUIRE_FALSE(run_.take_commit());
  REQUIRE(run_.committed());
}

void unreliable_processors::ask_for_people() {
  while (auto wanted = run_.take_load())
    wanted_.push_back(std::move(*wanted));
  loads_at_once = std::max(loads_at_once, wanted_.size());
}

void unreliable_processors::load() {
  if (wanted_.empty())
    return;
  const auto which
    = wanted_.begin() + static_cast<std::ptrdiff_t>(random_() % wanted_.size());
  const auto wanted = *which;
  wanted_.erase(which);
  const auto& from = stored_[wanted.year];
  const auto first = std::ranges::find(
    from.key, static_cast<std::uint64_t>(wanted.keys.integers().front()));
  REQUIRE(first != from.key.end());
  const auto part = simulation::people_view{from}.part(
    static_cast<std::size_t>(first - from.key.begin()), wanted.keys.size());
  ++loads;
  REQUIRE(run_.loaded(
    wanted.block,
    simulation::to_block(simulation::cut_blocks(part, part.size()).front())));
}

} // namespace troupe::tests
