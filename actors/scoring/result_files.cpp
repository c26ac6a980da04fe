#include "actors/scoring/result_files.hpp"

#include "actors/scoring/reports.hpp"
#include "runtime/tabular/file_problem.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace troupe::scoring {

namespace fs = std::filesystem;

using runtime::fail;
using runtime::outcome;

namespace {

using output_map = std::map<std::string, runtime::output_file>;

outcome<void> create_output(const fs::path& path, std::string_view name,
                            output_map& to) {
  auto file = runtime::output_file::create(path);
  if (!file)
    return fail(file.error());
  to.emplace(name, std::move(*file));
  return {};
}

outcome<void> make_folder(const std::string& path) {
  auto error = std::error_code{};
  fs::create_directories(path, error);
  if (!error)
    return {};
  auto reason = runtime::file_problem(error.value(), path);
  if (error == std::errc::not_a_directory)
    reason.kind = runtime::problem_kind::invalid_input;
  reason.message = "cannot make the folder: " + error.message();
  reason.hint = "choose another folder with --out";
  return fail(std::move(reason));
}

/// All lines of one file.
outcome<void> write_lines(const std::string& name, runtime::output_file& file,
                          const scoring_result& result,
                          std::optional<int> decimals) {
  for (const auto& batch : result.batches) {
    const auto text = render_report(name, result.plan, batch, decimals);
    if (!text)
      return fail(text.error());
    if (auto written = file.write(*text); !written)
      return written;
  }
  return {};
}

} // namespace

outcome<output_map> create_outputs(const scoring_request& request) {
  auto files = output_map{};
  if (!request.scores.empty())
    if (auto created = create_output(request.scores, "scores.csv", files);
        !created)
      return fail(created.error());
  if (request.out.empty())
    return files;
  if (auto made = make_folder(request.out); !made)
    return fail(made.error());
  auto names = std::vector<std::string_view>{report_files().begin(),
                                             report_files().end()};
  // A few items have no figures of a portfolio.
  if (request.mode != scoring_mode::real_time)
    names.push_back(summary_file);
  for (const auto name : names)
    if (auto created = create_output(fs::path{request.out} / name, name, files);
        !created)
      return fail(created.error());
  return files;
}

outcome<void> publish(output_map& files, const scoring_result& result,
                      std::optional<int> decimals) {
  for (auto& [name, file] : files) {
    auto written = name == summary_file
                     ? file.write(result.summary_json)
                     : write_lines(name, file, result, decimals);
    if (!written)
      return written;
  }
  for (auto& [name, file] : files)
    if (auto published = file.commit(); !published)
      return published;
  return {};
}

} // namespace troupe::scoring
