#include "actors/simulation/projection_files.hpp"

#include "actors/simulation/year_text.hpp"
#include "actors/simulation/year_totals_json.hpp"

#include <system_error>
#include <utility>

namespace troupe::simulation {

namespace fs = std::filesystem;

using runtime::fail;
using runtime::outcome;
using runtime::output_file;

namespace {

/// Text that is handed to the disk at once.
constexpr auto piece_bytes = std::size_t{1} << 20U;

outcome<void> make_folder(const fs::path& folder) {
  auto error = std::error_code{};
  fs::create_directories(folder, error);
  if (!error)
    return {};
  auto reason = runtime::problem{};
  reason.kind = error == std::errc::permission_denied
                  ? runtime::problem_kind::denied
                  : runtime::problem_kind::failed;
  reason.message = "cannot make the folder: " + error.message();
  reason.file = folder.string();
  reason.hint = "name another folder";
  return fail(std::move(reason));
}

outcome<void> write_if_large(std::string& text, std::size_t bytes,
                             output_file& to) {
  if (text.size() < bytes || text.empty())
    return {};
  auto written = to.write(text);
  text.clear();
  return written;
}

} // namespace

outcome<projection_files> projection_files::create(const fs::path& folder) {
  if (auto made = make_folder(folder); !made)
    return fail(made.error());
  auto events = output_file::create(folder / "events.csv");
  if (!events)
    return fail(events.error());
  auto rows = output_file::create(folder / "snapshots.csv");
  if (!rows)
    return fail(rows.error());
  auto years = output_file::create(folder / "years.json");
  if (!years)
    return fail(years.error());
  auto run = output_file::create(folder / "run.json");
  if (!run)
    return fail(run.error());
  auto files = projection_files{std::move(*events), std::move(*rows),
                                std::move(*years), std::move(*run)};
  if (auto written = files.events_.write(events_csv_header); !written)
    return fail(written.error());
  if (auto written = files.rows_.write(rows_csv_header); !written)
    return fail(written.error());
  return files;
}

outcome<void> projection_files::add(const projected_year& year,
                                    const person_ids& ids) {
  const auto lines = year_text{year.plan, ids};
  text_.clear();
  for (const auto& block : year.blocks) {
    lines.append_events(text_, block.events);
    if (auto done = write_if_large(text_, piece_bytes, events_); !done)
      return done;
  }
  if (auto done = write_if_large(text_, 0, events_); !done)
    return done;
  for (const auto& block : year.blocks) {
    lines.append_rows(text_, block.rows);
    if (auto done = write_if_large(text_, piece_bytes, rows_); !done)
      return done;
  }
  return write_if_large(text_, 0, rows_);
}

outcome<void> projection_files::publish(std::span<const year_totals> years,
                                        std::string_view run_json) {
  if (auto written = years_.write(to_json_text(years)); !written)
    return written;
  if (auto written = run_.write(run_json); !written)
    return written;
  for (auto* file : {&events_, &rows_, &years_, &run_})
    if (auto named = file->commit(); !named)
      return named;
  return {};
}

} // namespace troupe::simulation
