#include "actors/scoring/csv_item_reader.hpp"

#include "actors/scoring/financial_cells.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>

namespace troupe::scoring {

namespace {

/// Whether a column of this name holds what the place points at.
bool belongs(std::string_view column, const source_path& place) {
  if (column == place.spelling)
    return true;
  const auto& keys = place.keys;
  const auto is_custom = keys.size() == 2 && keys.front() == "custom_fields";
  return (is_custom || keys.size() == 1) && column == keys.back();
}

std::optional<std::size_t> find_column(const std::vector<std::string>& header,
                                       const source_path& place) {
  const auto exact = std::find(header.begin(), header.end(), place.spelling);
  const auto found
    = exact != header.end()
        ? exact
        : std::find_if(header.begin(), header.end(), [&](const auto& column) {
            return belongs(column, place);
          });
  if (found == header.end())
    return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

} // namespace

runtime::outcome<std::vector<std::string>>
parse_csv_header(std::string_view record, const std::string& file) {
  if (record.starts_with("\xEF\xBB\xBF"))
    record.remove_prefix(3);
  auto chunk = runtime::make_chunk(record, runtime::record_format::csv);
  chunk.file = file;
  auto rows = runtime::csv_rows{chunk};
  const auto found = rows.next();
  if (!found)
    return runtime::fail(found.error());
  const auto refuse = [&](std::string message, std::string key) {
    return runtime::fail({.kind = runtime::problem_kind::invalid_input,
                          .message = std::move(message),
                          .file = file,
                          .line = 1,
                          .key = std::move(key),
                          .hint = "the first record names the columns"});
  };
  if (!*found)
    return refuse("there is no header", "");
  auto names = std::vector<std::string>{};
  for (auto field : rows.fields())
    names.emplace_back(field);
  auto sorted = names;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    return refuse("two columns have one name", *twice);
  return names;
}

runtime::outcome<csv_item_reader> csv_item_reader::create(item_layout layout) {
  auto reader = csv_item_reader{std::move(layout)};
  const auto& options = reader.layout_.options();
  const auto header = parse_csv_header(options.csv_header, options.file);
  if (!header)
    return runtime::fail(header.error());
  reader.columns_ = header->size();
  const auto& places = reader.layout_.places();
  auto is_present = std::vector<bool>(places.size());
  for (std::size_t slot = 0; slot < places.size(); ++slot)
    if (const auto column = find_column(*header, places[slot])) {
      reader.cells_.emplace_back(*column, slot);
      is_present[slot] = true;
    }
  if (auto missing = reader.layout_.check_presence(is_present); missing) {
    missing->line = 1;
    return runtime::fail(*std::move(missing));
  }
  const auto prefix = reader.layout_.financial_place().spelling + ".";
  for (std::size_t column = 0; column < header->size(); ++column) {
    const auto name = std::string_view{(*header)[column]};
    if (prefix.size() > 1 && name.starts_with(prefix)
        && is_financial_key(name.substr(prefix.size())))
      reader.financial_cells_.emplace_back(column, name.substr(prefix.size()));
  }
  reader.find_plain_columns();
  return reader;
}

void csv_item_reader::find_plain_columns() {
  const auto slots = layout_.find_plain_slots();
  if (!slots || !financial_cells_.empty()
      || cells_.size() != slots->criteria.size() + 1)
    return;
  auto uses = std::vector(columns_, runtime::column_use::skip);
  for (const auto& [column, slot] : cells_)
    uses[column] = slot == slots->id ? runtime::column_use::text
                                     : runtime::column_use::number;
  for (const auto wanted : slots->criteria) {
    const auto cell
      = std::find_if(cells_.begin(), cells_.end(),
                     [=](const auto& known) { return known.second == wanted; });
    if (cell == cells_.end())
      return;
    plain_numbers_.push_back(static_cast<std::size_t>(std::count(
      uses.begin(), uses.begin() + static_cast<std::ptrdiff_t>(cell->first),
      runtime::column_use::number)));
  }
  plain_uses_ = std::move(uses);
}

std::optional<item_reading>
csv_item_reader::read_plain(const runtime::record_chunk& chunk) const {
  // With quotes, a record may be longer than a line.
  if (plain_uses_.empty() || chunk.text().find('"') != std::string_view::npos)
    return std::nullopt;
  auto columns = runtime::column_set{};
  if (chunk.records == 0 || !runtime::read_columns(chunk, plain_uses_, columns))
    return std::nullopt;
  auto ids = text_list{};
  ids.offsets = std::move(columns.texts.front().offsets);
  ids.characters = std::move(columns.texts.front().characters);
  auto values = std::vector<std::vector<double>>{};
  for (const auto number : plain_numbers_)
    values.push_back(std::move(columns.numbers[number]));
  return layout_.make_plain_reading(std::move(ids), std::move(values),
                                    chunk.first_line);
}

runtime::outcome<void>
csv_item_reader::fill(std::span<const std::string_view> cells, bool is_utf8,
                      item_row& row) const {
  auto bytes = std::size_t{0};
  for (auto cell : cells)
    bytes += cell.size() + 1;
  if (bytes > layout_.options().record_bytes_max)
    return runtime::fail(layout_.problem_at(
      row.line,
      "record is longer than "
        + std::to_string(layout_.options().record_bytes_max) + " bytes",
      "", "split the item or raise the limit"));
  for (const auto& [column, slot] : cells_) {
    const auto cell = cells[column];
    if (cell.empty())
      continue;
    if (!is_utf8 && !simdjson::validate_utf8(cell.data(), cell.size()))
      return runtime::fail(layout_.problem_at(
        row.line, "cell is not valid UTF-8", layout_.places()[slot].spelling,
        "convert the file to UTF-8"));
    row.slots[slot] = {raw_value::kind::cell, 0.0, cell};
  }
  for (const auto& [column, key] : financial_cells_) {
    if (cells[column].empty())
      continue;
    if (!row.has_financial)
      row.financial = {};
    row.has_financial = true;
    if (auto done = read_financial_cell(key, cells[column], row.financial);
        !done) {
      auto reason = std::move(done).error();
      reason.file = layout_.options().file;
      reason.line = row.line;
      reason.key = layout_.financial_place().spelling + "." + reason.key;
      return runtime::fail(std::move(reason));
    }
  }
  return {};
}

runtime::outcome<void>
csv_item_reader::read_rows(const runtime::record_chunk& chunk,
                           item_reading& reading) const {
  const auto text = chunk.text();
  const auto is_utf8 = simdjson::validate_utf8(text.data(), text.size());
  auto rows = runtime::csv_rows{chunk, columns_};
  auto row = layout_.make_row();
  for (;;) {
    auto found = rows.next();
    if (!found)
      return runtime::fail(std::move(found).error());
    if (!*found)
      return {};
    item_layout::reset(row, static_cast<std::size_t>(rows.line()));
    auto done = fill(rows.fields(), is_utf8, row);
    if (done)
      done = layout_.append(row, reading);
    if (done)
      continue;
    if (layout_.options().on_bad_item == bad_item::refuse)
      return done;
    reading.rejected.push_back(
      {layout_.known_id(row), std::move(done).error()});
  }
}

void csv_item_reader::read_one_by_one(const runtime::record_chunk& chunk,
                                      item_reading& reading) const {
  const auto text = chunk.text();
  auto state = runtime::scan_state{};
  auto single = runtime::record_chunk{};
  single.first_line = chunk.first_line;
  single.records = 1;
  single.file = chunk.file;
  for (auto begin = std::size_t{0}; begin < text.size();) {
    runtime::scan_records(text, runtime::record_format::csv, state.records + 1,
                          state);
    const auto end = state.end > begin ? state.end : text.size();
    const auto record = text.substr(begin, end - begin);
    single.bytes.assign(record);
    single.size = record.size();
    single.bytes.append(runtime::record_chunk::padding_bytes, '\0');
    if (auto done = read_rows(single, reading); !done)
      reading.rejected.push_back({"", std::move(done).error()});
    single.first_line += static_cast<std::uint64_t>(
      std::count(record.begin(), record.end(), '\n'));
    begin = end;
  }
}

runtime::outcome<item_reading>
csv_item_reader::read(const runtime::record_chunk& chunk) const {
  if (auto plain = read_plain(chunk))
    return *std::move(plain);
  auto reading = layout_.make_reading();
  auto done = read_rows(chunk, reading);
  if (done)
    return reading;
  if (layout_.options().on_bad_item == bad_item::refuse)
    return runtime::fail(std::move(done).error());
  // A row whose shape is wrong ends the cursor; each record on its own does
  // not.
  reading = layout_.make_reading();
  read_one_by_one(chunk, reading);
  return reading;
}

} // namespace troupe::scoring
