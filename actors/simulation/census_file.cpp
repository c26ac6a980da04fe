#include "actors/simulation/census_file.hpp"

#include "actors/simulation/census_cells.hpp"
#include "runtime/config/problem_order.hpp"
#include "runtime/tabular/input_file.hpp"

#include <utility>

namespace troupe::simulation {

using runtime::outcome;
using runtime::problem;

namespace {

using problems_list = std::vector<problem>;

auto refuse(problem reason) {
  return tl::unexpected{problems_list{std::move(reason)}};
}

/// Rows of a file on their way into a table, and what is told about them.
class census_intake {
public:
  census_intake(census_cells cells, std::string file, std::string id_column,
                bad_row_policy policy)
    : table_{file, std::move(id_column), cells.key_column()},
      cells_{std::move(cells)}, file_{std::move(file)}, policy_{policy} {}

  /// False when enough is wrong to stop.
  outcome<bool> take(const runtime::record_chunk& chunk, std::size_t columns) {
    auto rows = runtime::csv_rows{chunk, columns};
    auto row = census_row{};
    while (true) {
      const auto more = rows.next();
      if (!more)
        return runtime::fail(more.error());
      if (!*more)
        return true;
      ++told_.rows;
      row.line = rows.line();
      const auto use = cells_.read(rows.fields(), row);
      if (use == row_use::not_staff)
        ++told_.not_staff;
      else if (use == row_use::wrong)
        note_fault(row.line);
      else if (auto added = table_.add(row); !added)
        return runtime::fail(std::move(added.error()));
      if (problems_.size() >= runtime::problems_told_max)
        return false;
    }
  }

  void warn(std::string column, std::string reason) {
    told_.warnings.push_back({0, std::move(column), std::move(reason)});
  }

  checked<census> finish(duplicate_policy duplicates) && {
    if (!problems_.empty())
      return tl::unexpected{std::move(problems_)};
    auto read = std::move(table_).finish(duplicates);
    if (!read)
      return read;
    read->warnings = std::move(told_.warnings);
    read->rows = told_.rows;
    read->dropped = told_.dropped;
    read->not_staff = told_.not_staff;
    return read;
  }

private:
  void note_fault(std::uint64_t line) {
    const auto& fault = cells_.fault();
    if (policy_ == bad_row_policy::refuse) {
      problems_.push_back({runtime::problem_kind::invalid_input, fault.message,
                           file_, static_cast<std::size_t>(line), 0,
                           fault.column, fault.hint});
      return;
    }
    ++told_.dropped;
    if (told_.warnings.size() < census_warnings_max)
      told_.warnings.push_back({line, fault.column, fault.message});
  }

  census_table table_;
  census_cells cells_;
  std::string file_;
  bad_row_policy policy_;
  census told_;
  problems_list problems_;
};

void warn_of_years(const census_mapping& mapping, std::int32_t year,
                   census_intake& intake) {
  const auto in_year = "of " + std::to_string(year);
  if (mapping.birth_as == birth_form::age)
    intake.warn(mapping.birth, "birth dates are not known: taken as 1 January, "
                               "so many years before that "
                                 + in_year);
  if (mapping.hire_as == hire_form::years)
    intake.warn(mapping.hire, "hire dates are not known: taken as 1 January, "
                              "so many years before that "
                                + in_year);
}

} // namespace

checked<census> read_census(runtime::byte_source source,
                            const std::string& file,
                            const census_options& options) {
  auto splitting = runtime::splitter_options{};
  splitting.file = file;
  auto reader = runtime::csv_reader::open(std::move(source), splitting);
  if (!reader)
    return refuse(std::move(reader.error()));
  auto cells
    = census_cells::find(options.mapping, reader->header(), options.year);
  if (!cells) {
    for (auto& each : cells.error())
      each.file = file;
    return tl::unexpected{std::move(cells.error())};
  }
  auto intake = census_intake{std::move(*cells), file, options.mapping.id,
                              options.bad_rows};
  warn_of_years(options.mapping, options.year, intake);
  auto chunk = runtime::record_chunk{};
  while (true) {
    const auto more = reader->next(chunk);
    if (!more)
      return refuse(more.error());
    if (!*more)
      break;
    const auto goes_on = intake.take(chunk, reader->header().size());
    if (!goes_on)
      return refuse(goes_on.error());
    if (!*goes_on)
      break;
  }
  return std::move(intake).finish(options.duplicates);
}

checked<census> read_census(const std::string& path,
                            const census_options& options) {
  auto file = runtime::input_file::open(path);
  if (!file)
    return refuse(std::move(file.error()));
  const auto name = file->name();
  return read_census(std::move(*file).into_source(), name, options);
}

} // namespace troupe::simulation
