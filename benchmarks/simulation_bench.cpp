// Passes of a year of the workforce simulation over columns in memory, one
// thread. Arguments: people, people in a block. Items per second are people per
// second; bytes per second are bytes of CSV, or those of columns in memory.
#include "actors/simulation/hire_year.hpp"
#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/staff_year.hpp"
#include "actors/simulation/year_check.hpp"
#include "actors/simulation/year_text.hpp"
#include "runtime/mix_bits.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace troupe::simulation;

scenario make_scenario() {
  auto made = scenario{};
  made.start_year = 2025;
  made.end_year = 2029;
  made.seed = 42;
  made.growth_rate = 30'000;
  made.compensation.cola_rate = 25'000;
  made.compensation.merit_by_level = {35'000, 40'000, 45'000, 50'000, 55'000};
  made.compensation.hire_band_by_level = {{{56'000, 80'000},
                                           {81'000, 120'000},
                                           {121'000, 160'000},
                                           {161'000, 250'000},
                                           {275'000, 350'000}}};
  made.promotion.base_rate = 100'000;
  made.promotion.level_dampener = 150'000;
  made.promotion.age_multipliers
    = {1'600'000, 1'400'000, 1'100'000, 700'000, 300'000, 100'000};
  made.promotion.tenure_multipliers
    = {500'000, 1'500'000, 1'800'000, 800'000, 200'000};
  made.enrollment.rate_by_age_segment = {300'000, 550'000, 700'000, 800'000};
  made.enrollment.income_multipliers
    = {700'000, 1'000'000, 1'150'000, 1'250'000};
  made.enrollment.deferral_by_age_segment = {30'000, 60'000, 80'000, 100'000};
  made.enrollment.opt_out_rate_young = 350'000;
  made.enrollment.opt_out_income_multipliers
    = {1'600'000, 1'000'000, 600'000, 200'000};
  return made;
}

/// Ages of 21 to 65, tenures of 0 to 19, of whom half have enrolled.
people make_people(std::size_t count, day_number first_day) {
  auto staff = people{};
  staff.resize(count);
  for (auto i = std::size_t{0}; i < count; ++i) {
    auto bits = troupe::runtime::mix_bits(i + 1);
    const auto draw = [&bits](std::uint64_t below) {
      bits = troupe::runtime::mix_bits(bits + troupe::runtime::mix_step);
      return static_cast<std::int32_t>(bits % below);
    };
    staff.key[i] = i + 1;
    staff.birth_date[i] = first_day - 21 * 366 - draw(44 * 365);
    staff.hire_date[i] = first_day - 1 - std::min(draw(20 * 365), draw(7'300));
    staff.level[i] = static_cast<std::uint8_t>(1 + std::min(draw(5), draw(5)));
    staff.pay[i] = 5'000'000 * staff.level[i] + draw(3'000'000);
    staff.deferral[i] = draw(2) * 60'000;
    staff.plan[i]
      = staff.deferral[i] > 0 ? enrollment::enrolled : enrollment::none;
  }
  return staff;
}

/// A tenth leaves.
struct workforce {
  year_plan plan = make_year_plan(make_scenario(), 2025);
  std::vector<people> staff;
  person_ids ids;
  leaver_bounds leavers;
  std::int64_t hires = 0;
};

leaver_bounds choose(const workforce& of, const year_plan& plan,
                     std::int64_t count) {
  auto search = leaver_search{plan.leaver_groups()};
  for (const auto& block : of.staff)
    count_staff_draws(plan, block, search.histograms());
  if (!search.find_buckets(count))
    return {};
  for (const auto& block : of.staff)
    list_staff_draws(plan, block, search.buckets(), search.draws());
  return search.find_bounds();
}

const workforce& workforce_of(const benchmark::State& state) {
  static auto kept = workforce{};
  static auto kept_size = std::size_t{0};
  static auto kept_block_size = std::size_t{0};
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto block_size = static_cast<std::size_t>(state.range(1));
  if (kept_size == size && kept_block_size == block_size)
    return kept;
  kept = workforce{};
  kept_size = size;
  kept_block_size = block_size;
  kept.staff = make_blocks(make_people(size, kept.plan.days.first), block_size);
  auto keys = std::vector<std::uint64_t>{};
  auto ids = troupe::runtime::text_column{};
  for (auto key = std::uint64_t{1}; key <= size; ++key) {
    keys.push_back(key);
    ids.characters += "EMP_" + std::to_string(10'000'000 + key);
    ids.offsets.push_back(static_cast<std::uint32_t>(ids.characters.size()));
  }
  kept.ids = person_ids{std::move(keys), ids};
  kept.leavers = choose(kept, kept.plan, static_cast<std::int64_t>(size / 10));
  kept.hires = static_cast<std::int64_t>(size / 6);
  return kept;
}

/// Weights of the reference, and shares of levels.
scenario make_ruled_scenario() {
  auto made = make_scenario();
  auto& selection = made.workforce.selection;
  selection.method = leaver_selection::hazard_weighted;
  selection.age_multipliers
    = {700'000, 1'300'000, 1'000'000, 1'600'000, 1'000'000, 1'200'000};
  selection.tenure_multipliers
    = {1'800'000, 600'000, 500'000, 400'000, 300'000};
  made.workforce.level_quotas = true;
  return made;
}

void choose_leavers(benchmark::State& state) {
  const auto& people_of = workforce_of(state);
  for (auto _ : state)
    benchmark::DoNotOptimize(
      choose(people_of, people_of.plan, state.range(0) / 10));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void choose_leavers_by_weight_and_level(benchmark::State& state) {
  const auto& people_of = workforce_of(state);
  const auto plan = make_year_plan(make_ruled_scenario(), 2025);
  for (auto _ : state)
    benchmark::DoNotOptimize(choose(people_of, plan, state.range(0) / 10));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void simulate_staff_blocks(benchmark::State& state) {
  const auto& people_of = workforce_of(state);
  auto block = year_block{};
  for (auto _ : state)
    for (const auto& staff : people_of.staff) {
      simulate_staff(people_of.plan, staff, people_of.leavers, block);
      benchmark::DoNotOptimize(block.totals);
    }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void simulate_staff_blocks_by_weight_and_level(benchmark::State& state) {
  const auto& people_of = workforce_of(state);
  const auto plan = make_year_plan(make_ruled_scenario(), 2025);
  const auto leavers = choose(people_of, plan, state.range(0) / 10);
  auto block = year_block{};
  for (auto _ : state)
    for (const auto& staff : people_of.staff) {
      simulate_staff(plan, staff, leavers, block);
      benchmark::DoNotOptimize(block.totals);
    }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void simulate_hire_blocks(benchmark::State& state) {
  const auto& people_of = workforce_of(state);
  auto block = year_block{};
  const auto size = std::int64_t{state.range(1)};
  for (auto _ : state)
    for (auto first = std::int64_t{1}; first <= people_of.hires;
         first += size) {
      const auto last = std::min(first + size - 1, people_of.hires);
      simulate_hires(people_of.plan, {first, last, people_of.hires},
                     people_of.leavers[0], block);
      benchmark::DoNotOptimize(block.totals);
    }
  state.SetItemsProcessed(state.iterations() * people_of.hires);
}

/// The check alone, of blocks that were made before.
void check_staff_blocks(benchmark::State& state) {
  const auto& people_of = workforce_of(state);
  auto made = std::vector<year_block>(people_of.staff.size());
  for (auto at = std::size_t{0}; at < made.size(); ++at)
    simulate_staff(people_of.plan, people_of.staff[at], people_of.leavers,
                   made[at]);
  for (auto _ : state)
    for (auto at = std::size_t{0}; at < made.size(); ++at)
      if (!check_staff_block(people_of.plan, people_of.staff[at], made[at])
             .empty())
        state.SkipWithError("a rule is broken");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// As it is used: each block is checked as soon as it is made.
void simulate_and_check(benchmark::State& state) {
  const auto& people_of = workforce_of(state);
  auto block = year_block{};
  for (auto _ : state)
    for (const auto& staff : people_of.staff) {
      simulate_staff(people_of.plan, staff, people_of.leavers, block);
      if (!check_staff_block(people_of.plan, staff, block).empty())
        state.SkipWithError("a rule is broken");
    }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// Everything with staff, with lines of CSV in a string used again.
void simulate_and_write(benchmark::State& state) {
  const auto& people_of = workforce_of(state);
  auto block = year_block{};
  auto text = std::string{};
  auto bytes = std::int64_t{0};
  const auto writer = year_text{people_of.plan, people_of.ids};
  for (auto _ : state)
    for (const auto& staff : people_of.staff) {
      simulate_staff(people_of.plan, staff, people_of.leavers, block);
      text.clear();
      writer.append_events(text, block.events);
      writer.append_rows(text, block.rows);
      bytes += static_cast<std::int64_t>(text.size());
    }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(bytes);
}

template <class Append>
void write_lines(benchmark::State& state, Append append) {
  const auto& people_of = workforce_of(state);
  auto block = year_block{};
  simulate_staff(people_of.plan, people_of.staff.front(), people_of.leavers,
                 block);
  auto text = std::string{};
  auto bytes = std::int64_t{0};
  const auto writer = year_text{people_of.plan, people_of.ids};
  for (auto _ : state) {
    text.clear();
    append(writer, text, block);
    bytes += static_cast<std::int64_t>(text.size());
  }
  state.SetBytesProcessed(bytes);
}

void write_events(benchmark::State& state) {
  write_lines(state, [](const year_text& writer, std::string& text,
                        const year_block& block) {
    writer.append_events(text, block.events);
  });
}

void write_rows(benchmark::State& state) {
  write_lines(state, [](const year_text& writer, std::string& text,
                        const year_block& block) {
    writer.append_rows(text, block.rows);
  });
}

template <class Use>
void use_block(benchmark::State& state, Use use) {
  const auto& people_of = workforce_of(state);
  auto block = year_block{};
  simulate_staff(people_of.plan, people_of.staff.front(), people_of.leavers,
                 block);
  const auto raw = raw_bytes(block.events) + raw_bytes(block.rows);
  auto events = std::string{};
  auto rows = std::string{};
  pack_events(block.events, events);
  pack_rows(block.rows, rows);
  const auto packed = events.size() + rows.size();
  for (auto _ : state)
    use(block, events, rows);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(raw));
  state.counters["ratio"]
    = static_cast<double>(raw) / static_cast<double>(packed);
}

void pack_block(benchmark::State& state) {
  use_block(state, [](const year_block& block, std::string& events,
                      std::string& rows) {
    events.clear();
    rows.clear();
    pack_events(block.events, events);
    pack_rows(block.rows, rows);
  });
}

void unpack_block(benchmark::State& state) {
  use_block(state, [](const year_block&, const std::string& events,
                      const std::string& rows) {
    benchmark::DoNotOptimize(unpack_events(events));
    benchmark::DoNotOptimize(unpack_rows(rows));
  });
}

} // namespace

#define TROUPE_SIMULATION_BENCHMARK(name)                                      \
  BENCHMARK(name)                                                              \
    ->Args({1'000'000, 4'096})                                                 \
    ->Args({1'000'000, 65'536})                                                \
    ->Unit(benchmark::kMillisecond)

TROUPE_SIMULATION_BENCHMARK(choose_leavers);
TROUPE_SIMULATION_BENCHMARK(choose_leavers_by_weight_and_level);
TROUPE_SIMULATION_BENCHMARK(simulate_staff_blocks);
TROUPE_SIMULATION_BENCHMARK(simulate_staff_blocks_by_weight_and_level);
TROUPE_SIMULATION_BENCHMARK(simulate_hire_blocks);
TROUPE_SIMULATION_BENCHMARK(check_staff_blocks);
TROUPE_SIMULATION_BENCHMARK(simulate_and_check);
TROUPE_SIMULATION_BENCHMARK(simulate_and_write);
TROUPE_SIMULATION_BENCHMARK(write_events);
TROUPE_SIMULATION_BENCHMARK(write_rows);
TROUPE_SIMULATION_BENCHMARK(pack_block);
TROUPE_SIMULATION_BENCHMARK(unpack_block);

BENCHMARK_MAIN();
