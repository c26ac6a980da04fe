#include "tools/cli/projecting.hpp"

#include "tools/cli/engine_setup.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/simulate_inputs.hpp"
#include "tools/version.hpp"

#include <utility>

namespace troupe::tools {

using runtime::fail;
using runtime::outcome;
using problems = std::vector<runtime::problem>;

namespace {

progress_report ask_progress(const simulation::simulation_progress& of,
                             std::size_t all) {
  auto report = progress_report{};
  report.stage = "projecting";
  report.share = of.share;
  report.unit = "projections";
  report.done
    = static_cast<std::uint64_t>(report.share * static_cast<double>(all) + 0.5);
  return report;
}

} // namespace

projecting::projecting(const invocation& with, simulate_plan plan)
  : with_{with}, plan_{std::move(plan)} {}

simulation::checked<std::unique_ptr<projecting>>
projecting::begin(const simulate_plan& plan, const invocation& with,
                  bool is_stored) {
  auto made = std::unique_ptr<projecting>{new projecting{with, plan}};
  auto options = simulator_settings(with.settings);
  if (plan.workers != 0)
    options.workers = plan.workers;
  if (is_stored)
    options.store = with.settings.store_path;
  auto census = read_census_of(plan);
  if (!census)
    return tl::unexpected{census.error()};
  print_warnings(*census, plan.census_file);
  made->staff_ = std::move(census->staff);
  auto simulator = simulation::simulator::create(std::move(options));
  if (!simulator)
    return tl::unexpected{problems{simulator.error()}};
  made->simulator_.emplace(std::move(*simulator));
  return made;
}

outcome<std::vector<simulation::projected_years>>
projecting::project(std::span<const simulation::scenario> scenarios) {
  const auto progress = std::make_shared<simulation::simulation_progress>();
  auto bar = std::optional<progress_bar>{};
  if (with_.show_progress)
    bar.emplace([&] { return ask_progress(*progress, scenarios.size()); });
  return simulator_->project(staff_, scenarios, progress, stop_.token());
}

outcome<void> projecting::keep(simulation::simulation_kind kind,
                               std::vector<simulation::projected_part> parts,
                               const std::string& report) {
  if (simulator_->store().empty())
    return {};
  auto batch = simulation::projected_batch{};
  batch.kind = kind;
  batch.parameters = plan_.scenario.values;
  batch.people = staff_.size();
  batch.names.scenario = plan_.scenario.name;
  batch.names.census = plan_.census_file;
  batch.names.version = version;
  batch.started_at = started_at_;
  batch.parts = std::move(parts);
  batch.report = report;
  const auto run = simulator_->keep(batch);
  if (!run)
    return fail(run.error());
  run_ = *run;
  return {};
}

} // namespace troupe::tools
