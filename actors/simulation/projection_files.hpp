#pragma once

#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/projection.hpp"
#include "runtime/problem.hpp"
#include "runtime/tabular/output_file.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace troupe::simulation {

/// The files of a projection in one folder: events.csv and snapshots.csv, which
/// grow year by year, years.json and run.json. None is visible before all are
/// whole. Blocks on the disk.
class projection_files {
public:
  /// Makes the folder if it is missing. Problems have the file and what to do.
  [[nodiscard]] static runtime::outcome<projection_files>
  create(const std::filesystem::path& folder);

  /// Adds a year's events and rows. `ids` are those of the first year's staff.
  [[nodiscard]] runtime::outcome<void> add(const projected_year& year,
                                           const person_ids& ids);

  /// Adds the totals and what is known of the run (JSON), and gives all files
  /// their names. Call it once, last.
  [[nodiscard]] runtime::outcome<void>
  publish(std::span<const year_totals> years, std::string_view run_json);

  /// Bytes of events.csv and snapshots.csv so far.
  [[nodiscard]] std::uintmax_t bytes_written() const noexcept {
    return events_.bytes_written() + rows_.bytes_written();
  }

private:
  projection_files(runtime::output_file events, runtime::output_file rows,
                   runtime::output_file years, runtime::output_file run)
    : events_{std::move(events)}, rows_{std::move(rows)},
      years_{std::move(years)}, run_{std::move(run)} {}

  runtime::output_file events_;
  runtime::output_file rows_;
  runtime::output_file years_;
  runtime::output_file run_;
  std::string text_; // Its memory is used again.
};

} // namespace troupe::simulation
