#include "runtime/tabular/csv_reader.hpp"

#include "runtime/tabular/csv_field.hpp"

#include <algorithm>
#include <numeric>

namespace troupe::runtime {

namespace {

constexpr auto columns_max = std::size_t{65'536};

problem header_problem(const splitter_options& options, std::uint64_t line,
                       std::string message, std::string hint) {
  auto reason = problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.file = options.file;
  reason.line = line;
  reason.hint = std::move(hint);
  return reason;
}

outcome<void> check_header(const splitter_options& options,
                           const std::vector<std::string>& names) {
  if (names.size() > columns_max)
    return fail(header_problem(
      options, 1, "more than " + std::to_string(columns_max) + " columns", {}));
  const auto unnamed = std::find(names.begin(), names.end(), "");
  if (unnamed != names.end())
    return fail(header_problem(
      options, 1,
      "column " + std::to_string(unnamed - names.begin() + 1) + " has no name",
      "the first row must name every column"));
  auto order = std::vector<std::size_t>(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto left, auto right) {
    return names[left] < names[right];
  });
  const auto twin = std::adjacent_find(order.begin(), order.end(),
                                       [&](auto left, auto right) {
                                         return names[left] == names[right];
                                       });
  if (twin != order.end())
    return fail(header_problem(options, 1,
                               "columns " + std::to_string(*twin + 1) + " and "
                                 + std::to_string(*(twin + 1) + 1)
                                 + " are both named \"" + names[*twin] + '"',
                               "give every column a name of its own"));
  return {};
}

} // namespace

csv_rows::csv_rows(const record_chunk& chunk, std::size_t columns)
  : chunk_{&chunk}, columns_{columns}, line_{chunk.first_line},
    record_{chunk.first_record - 1} {}

outcome<bool> csv_rows::next() {
  if (at_ >= chunk_->size)
    return false;
  row_line_ = line_;
  ++record_;
  fields_.clear();
  scratch_.clear();
  unescaped_.clear();
  if (auto read = read_row(); !read)
    return fail(std::move(read.error()));
  // Only now does the scratch text stay where it is.
  for (const auto& part : unescaped_)
    fields_[part.field]
      = std::string_view{scratch_}.substr(part.offset, part.size);
  return true;
}

outcome<void> csv_rows::read_row() {
  const auto* begin = chunk_->bytes.data();
  const auto* end = begin + chunk_->size;
  const auto* row = begin + at_;
  auto field = csv_field{};
  for (const auto* at = row;; at = field.next + 1) {
    const auto fault = read_csv_field(at, end, field);
    if (fault != csv_fault::none)
      return fail(field_problem(*chunk_, field.next, fault));
    if (field.begin != at) // Only quoted fields hold line feeds.
      line_
        += static_cast<std::uint64_t>(std::count(field.begin, field.end, '\n'));
    if (field.has_escapes) {
      const auto offset = scratch_.size();
      append_unescaped(scratch_, field);
      unescaped_.push_back({fields_.size(), offset, scratch_.size() - offset});
    }
    fields_.emplace_back(field.begin,
                         static_cast<std::size_t>(field.end - field.begin));
    if (field.next == end || *field.next != ',')
      break;
    if (fields_.size() == columns_)
      return fail(ragged_problem(*chunk_, row, columns_));
  }
  if (columns_ == 0)
    columns_ = fields_.size();
  if (fields_.size() != columns_)
    return fail(ragged_problem(*chunk_, row, columns_));
  at_ = static_cast<std::size_t>(field.next - begin);
  if (field.next < end)
    at_ += *field.next == '\r' ? 2 : 1;
  ++line_;
  return {};
}

outcome<csv_reader> csv_reader::open(byte_source source,
                                     splitter_options options) {
  options.format = record_format::csv;
  auto splitter = record_splitter{std::move(source), options};
  auto chunk = record_chunk{};
  const auto has_header = splitter.next(chunk, 1);
  if (!has_header)
    return fail(has_header.error());
  if (!*has_header)
    return fail(header_problem(options, 0, "the file is empty",
                               "the first row must name the columns"));
  auto row = csv_rows{chunk};
  if (auto read = row.next(); !read)
    return fail(std::move(read.error()));
  auto names = std::vector<std::string>{};
  for (const auto field : row.fields())
    names.emplace_back(field);
  if (auto checked = check_header(options, names); !checked)
    return fail(std::move(checked.error()));
  return csv_reader{std::move(splitter), std::move(names)};
}

std::optional<std::size_t>
csv_reader::find_column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end())
    return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

outcome<bool> csv_reader::next(record_chunk& chunk) {
  auto more = splitter_.next(chunk);
  chunk.first_record -= 1; // The header is no row.
  return more;
}

} // namespace troupe::runtime
