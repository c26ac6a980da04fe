#include "actors/simulation/simulation_files.hpp"

#include "actors/simulation/year_text.hpp"
#include "runtime/tabular/file_problem.hpp"

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::simulation {

namespace fs = std::filesystem;

using runtime::fail;
using runtime::outcome;

namespace {

outcome<void> make_folder(const fs::path& folder) {
  auto error = std::error_code{};
  fs::create_directories(folder, error);
  if (!error)
    return {};
  auto reason = runtime::file_problem(error.value(), folder.string());
  if (error == std::errc::not_a_directory)
    reason.kind = runtime::problem_kind::invalid_input;
  reason.message = "cannot make the folder: " + error.message();
  reason.hint = "name another folder";
  return fail(std::move(reason));
}

} // namespace

outcome<simulation_files> create_simulation_files(const fs::path& folder) {
  if (auto made = make_folder(folder); !made)
    return fail(made.error());
  auto files = simulation_files{};
  for (const auto& [name, header] :
       {std::pair{"events.csv", events_csv_header},
        std::pair{"snapshots.csv", rows_csv_header},
        std::pair{"years.json", std::string_view{}},
        std::pair{"run.json", std::string_view{}}}) {
    auto file = runtime::output_file::create(folder / name);
    if (!file)
      return fail(file.error());
    if (!header.empty())
      if (auto written = file->write(header); !written)
        return fail(written.error());
    files.emplace(name, std::move(*file));
  }
  return files;
}

} // namespace troupe::simulation
