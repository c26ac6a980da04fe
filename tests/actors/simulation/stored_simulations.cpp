#include "tests/actors/simulation/stored_simulations.hpp"

#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/projection.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulation_schema.hpp"
#include "runtime/store/sqlite_connection.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <cstdio>
#include <stdexcept>

namespace troupe::tests {

using namespace simulation;

namespace {

using std::chrono::microseconds;

template <class Value>
Value value_of(runtime::outcome<Value> result) {
  if (!result)
    throw std::runtime_error{runtime::render(result.error())};
  return std::move(*result);
}

/// Stores the years of a run one by one.
class year_recorder {
public:
  year_recorder(stored_simulations& to, std::string run, std::int32_t years)
    : to_{&to}, run_{std::move(run)}, years_left_{years} {}

  runtime::outcome<void> record(const projected_year& year) {
    if (years_left_ < 0)
      return {};
    auto figures = year_figures{.seconds = 0.25};
    auto blocks = std::vector<packed_block>{};
    for (const auto& block : year.blocks) {
      blocks.push_back(pack_year_of(blocks.size(), block));
      figures.raw_bytes += raw_bytes(block.rows) + raw_bytes(block.events);
      figures.packed_bytes
        += blocks.back().rows.size() + blocks.back().events.size();
    }
    figures.blocks = blocks.size();
    // Two transactions, and the second commits the year as well.
    const auto middle = blocks.size() / 2;
    const auto all = std::span<const packed_block>{blocks};
    to_->store(record_blocks({run_, ""}, year.plan.year, all.first(middle)));
    auto rest = record_blocks({run_, ""}, year.plan.year, all.subspan(middle));
    to_->store(years_left_-- > 0 ? join(
                 std::move(rest), commit_year({run_, ""}, year.totals, figures))
                                 : std::move(rest));
    return {};
  }

private:
  stored_simulations* to_;
  std::string run_;
  std::int32_t years_left_;
};

} // namespace

simulation_header make_header(const std::string& run, const scenario& of) {
  auto header = simulation_header{};
  header.run = run;
  header.scenario_name = "golden";
  header.scenario = canonical_text(of);
  header.digest = digest(of);
  header.seed = of.seed;
  header.census = "census.csv";
  header.people = read_golden_census().staff.size();
  header.start_year = of.start_year;
  header.end_year = of.end_year;
  header.started_at = runtime::clock::wall_time{microseconds{1'000'000}};
  header.version = "1.2.3";
  return header;
}

stored_simulations::stored_simulations() {
  auto options = runtime::store_options{};
  options.path = path();
  store_ = value_of(
    runtime::spawn_store(actors_.system, options, simulation_schema()));
  actors_.own(store_);
}

std::string stored_simulations::next_id() {
  char id[37];
  std::snprintf(id, sizeof id, "%08llx-0000-7000-8000-000000000000",
                static_cast<unsigned long long>(++ids_ + 0xa0'0000));
  return id;
}

bool stored_simulations::accepts(store_request request) {
  const auto answer = actors_.request(store_, std::move(request.transaction),
                                      std::move(request.rows));
  return answer.index() == 0;
}

void stored_simulations::store(store_request request) {
  (void)reply_of(actors_.request(store_, std::move(request.transaction),
                                 std::move(request.rows)),
                 actors_.system);
}

std::string stored_simulations::add(const stored_extent& extent) {
  return add(read_golden_scenario(), extent);
}

std::string stored_simulations::add(const scenario& of,
                                    const stored_extent& extent) {
  const auto census = read_golden_census();
  const auto staff = make_blocks(census.staff, extent.block_size);
  const auto run = next_id();
  auto header = make_header(run, of);
  header.idempotency_key = extent.idempotency_key;
  auto packed = std::vector<packed_people>{};
  for (const auto& block : staff)
    packed.push_back(pack_people_of(packed.size(), block, census.ids));
  store(join(begin_run(header), record_people(run, packed)));
  auto recorder = year_recorder{*this, run, extent.years};
  (void)value_of(
    project(of, staff, extent.block_size, planned_headcounts(of),
            [&](const projected_year& year) { return recorder.record(year); }));
  if (extent.status == simulation_status::running)
    return run;
  auto ending = simulation_ending{};
  ending.status = extent.status;
  ending.report = R"({"people":1})";
  ending.at = runtime::clock::wall_time{microseconds{3'000'000}};
  ending.runs_kept = extent.runs_kept;
  store(finish_run({run, ""}, ending));
  return run;
}

simulation_history stored_simulations::history() const {
  return value_of(simulation_history::open(path()));
}

void stored_simulations::damage(const std::string& sql) const {
  auto options = runtime::sqlite_options{};
  options.mode = runtime::open_mode::read_write;
  const auto connection
    = value_of(runtime::sqlite_connection::open(path(), options));
  if (const auto done = connection->execute(sql); !done)
    throw std::runtime_error{runtime::render(done.error())};
}

} // namespace troupe::tests
