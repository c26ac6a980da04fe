#include "actors/scoring/item_reader.hpp"

#include "actors/scoring/csv_item_reader.hpp"
#include "actors/scoring/jsonl_item_reader.hpp"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <variant>

namespace troupe::scoring {

namespace {

/// Columns of texts count their characters in 32 bits.
constexpr std::size_t chunk_bytes_max
  = std::numeric_limits<std::uint32_t>::max();

runtime::record_chunk padded(std::string_view text, std::size_t first_line,
                             const item_reader_options& options) {
  auto chunk = runtime::record_chunk{};
  if (options.format == item_format::csv) {
    auto state = runtime::scan_state{};
    runtime::scan_records(text, runtime::record_format::csv, text.size(),
                          state);
    chunk.records = state.records + (state.end < text.size() ? 1 : 0);
  }
  chunk.bytes.reserve(text.size() + runtime::record_chunk::padding_bytes);
  chunk.bytes.assign(text);
  chunk.bytes.append(runtime::record_chunk::padding_bytes, '\0');
  chunk.size = text.size();
  chunk.first_line = first_line;
  chunk.file = options.file;
  return chunk;
}

/// Removes one text from a list.
void erase(text_list& list, std::size_t row) {
  const auto begin = list.offsets[row];
  const auto bytes = list.offsets[row + 1] - begin;
  list.characters.erase(begin, bytes);
  list.offsets.erase(list.offsets.begin() + static_cast<std::ptrdiff_t>(row)
                     + 1);
  for (auto i = row + 1; i < list.offsets.size(); ++i)
    list.offsets[i] -= bytes;
}

template <class T>
void erase(std::vector<T>& column, std::size_t row) {
  if (row < column.size())
    column.erase(column.begin() + static_cast<std::ptrdiff_t>(row));
}

/// Removes one row from every column that is filled.
void erase_row(item_reading& reading, std::size_t row) {
  auto& batch = reading.batch;
  erase(batch.ids, row);
  erase(batch.titles, row);
  if (batch.parents.size() > row)
    erase(batch.parents, row);
  for (auto& column : batch.values)
    erase(column, row);
  for (auto& column : batch.financials)
    erase(column, row);
  erase(batch.digests, row);
  erase(batch.has_financials, row);
  erase(batch.types, row);
  erase(batch.states, row);
  erase(batch.story_points, row);
  erase(batch.complexities, row);
  erase(batch.risks, row);
  erase(reading.lines, row);
  --batch.rows;
}

std::string_view text_at(const text_list& list, std::size_t row) {
  return std::string_view{list.characters}.substr(
    list.offsets[row], list.offsets[row + 1] - list.offsets[row]);
}

} // namespace

// -- item_reader --------------------------------------------------------------

struct item_reader::compiled {
  item_reader_options options;
  std::variant<jsonl_item_reader, csv_item_reader> reader;
};

item_reader::item_reader(std::shared_ptr<const compiled> what)
  : compiled_{std::move(what)} {}

runtime::outcome<item_reader> item_reader::create(const scoring_plan& plan,
                                                  item_reader_options options) {
  auto layout = item_layout::create(plan, options);
  if (!layout)
    return runtime::fail(std::move(layout).error());
  if (options.format == item_format::jsonl)
    return item_reader{std::make_shared<const compiled>(
      compiled{std::move(options), jsonl_item_reader{*std::move(layout)}})};
  auto reader = csv_item_reader::create(*std::move(layout));
  if (!reader)
    return runtime::fail(std::move(reader).error());
  return item_reader{std::make_shared<const compiled>(
    compiled{std::move(options), *std::move(reader)})};
}

runtime::outcome<item_reading>
item_reader::read(const runtime::record_chunk& chunk) const {
  if (chunk.size > chunk_bytes_max)
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "a chunk is larger than 4 GiB",
                         "read the file in smaller chunks");
  return std::visit([&](const auto& reader) { return reader.read(chunk); },
                    compiled_->reader);
}

runtime::outcome<item_reading> item_reader::read(std::string_view chunk,
                                                 std::size_t first_line) const {
  return read(padded(chunk, first_line, compiled_->options));
}

const item_reader_options& item_reader::options() const noexcept {
  return compiled_->options;
}

// -- id_register --------------------------------------------------------------

/// Open addressing over the ids in order of admission; at most half full.
struct id_register::state {
  bad_item on_bad_item = bad_item::refuse;
  std::string file;
  std::vector<std::uint64_t> hashes;
  std::vector<std::size_t> lines;
  std::string characters;
  std::vector<std::size_t> offsets{0};
  /// Position in `hashes` plus one; 0: free. The size is a power of two.
  std::vector<std::uint32_t> slots = std::vector<std::uint32_t>(1024);

  [[nodiscard]] std::string_view id(std::size_t i) const {
    return std::string_view{characters}.substr(offsets[i],
                                               offsets[i + 1] - offsets[i]);
  }

  /// The slot of an id, or the free one where it belongs.
  [[nodiscard]] std::size_t find(std::string_view wanted,
                                 std::uint64_t hash) const {
    const auto mask = slots.size() - 1;
    auto at = static_cast<std::size_t>(hash) & mask;
    while (slots[at] != 0) {
      const auto i = slots[at] - std::size_t{1};
      if (hashes[i] == hash && id(i) == wanted)
        break;
      at = (at + 1) & mask;
    }
    return at;
  }

  void add(std::string_view id, std::uint64_t hash, std::size_t line,
           std::size_t slot) {
    hashes.push_back(hash);
    lines.push_back(line);
    characters.append(id);
    offsets.push_back(characters.size());
    slots[slot] = static_cast<std::uint32_t>(hashes.size());
    if (2 * hashes.size() > slots.size())
      grow();
  }

  void grow() {
    slots.assign(2 * slots.size(), 0);
    const auto mask = slots.size() - 1;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      auto at = static_cast<std::size_t>(hashes[i]) & mask;
      while (slots[at] != 0)
        at = (at + 1) & mask;
      slots[at] = static_cast<std::uint32_t>(i + 1);
    }
  }
};

id_register::id_register(const item_reader_options& options)
  : state_{std::make_unique<state>()} {
  state_->on_bad_item = options.on_bad_item;
  state_->file = options.file;
}

id_register::id_register(id_register&&) noexcept = default;
id_register& id_register::operator=(id_register&&) noexcept = default;
id_register::~id_register() = default;

runtime::outcome<void> id_register::admit(item_reading& reading) {
  auto repeated = std::vector<std::size_t>{};
  auto reasons = std::vector<rejected_item>{};
  for (std::size_t row = 0; row < reading.batch.rows; ++row) {
    const auto id = text_at(reading.batch.ids, row);
    const auto hash = XXH3_64bits(id.data(), id.size());
    const auto slot = state_->find(id, hash);
    if (state_->slots[slot] == 0) {
      state_->add(id, hash, reading.lines[row], slot);
      continue;
    }
    const auto first = state_->lines[state_->slots[slot] - std::size_t{1}];
    auto reason = runtime::problem{
      .kind = runtime::problem_kind::invalid_input,
      .message = "id \"" + std::string{id} + "\" occurs twice",
      .file = state_->file,
      .line = reading.lines[row],
      .key = std::string{to_string(item_field::work_item_id)},
      .hint = "it was first used on line " + std::to_string(first)};
    if (state_->on_bad_item == bad_item::refuse)
      return runtime::fail(std::move(reason));
    repeated.push_back(row);
    reasons.push_back({std::string{id}, std::move(reason)});
  }
  for (auto row = repeated.rbegin(); row != repeated.rend(); ++row)
    erase_row(reading, *row);
  if (reasons.empty())
    return {};
  auto& rejected = reading.rejected;
  rejected.insert(rejected.end(), std::make_move_iterator(reasons.begin()),
                  std::make_move_iterator(reasons.end()));
  std::stable_sort(rejected.begin(), rejected.end(),
                   [](const auto& a, const auto& b) {
                     return a.reason.line < b.reason.line;
                   });
  return {};
}

bool id_register::contains(std::string_view id) const {
  const auto hash = XXH3_64bits(id.data(), id.size());
  return state_->slots[state_->find(id, hash)] != 0;
}

std::size_t id_register::size() const noexcept {
  return state_->hashes.size();
}

// -- whole texts --------------------------------------------------------------

runtime::outcome<item_reading> read_items(const scoring_plan& plan,
                                          item_reader_options options,
                                          std::string_view text) {
  auto first_line = std::size_t{1};
  if (text.starts_with("\xEF\xBB\xBF"))
    text.remove_prefix(3);
  if (options.format == item_format::csv) {
    auto header = runtime::scan_state{};
    runtime::scan_records(text, runtime::record_format::csv, 1, header);
    const auto end = header.end == 0 ? text.size() : header.end;
    options.csv_header = text.substr(0, end);
    first_line += static_cast<std::size_t>(std::count(
      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    text.remove_prefix(end);
  }
  const auto reader = item_reader::create(plan, std::move(options));
  if (!reader)
    return runtime::fail(reader.error());
  auto reading = reader->read(text, first_line);
  if (!reading)
    return reading;
  if (auto done = id_register{reader->options()}.admit(*reading); !done)
    return runtime::fail(std::move(done).error());
  return reading;
}

} // namespace troupe::scoring
