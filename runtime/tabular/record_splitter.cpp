#include "runtime/tabular/record_splitter.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace troupe::runtime {

problem problem_at(const record_chunk& chunk, std::size_t offset,
                   std::string message, std::string hint) {
  auto reason = problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.file = chunk.file;
  reason.hint = std::move(hint);
  const auto before = chunk.text().substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  reason.line = static_cast<std::size_t>(chunk.first_line)
                + static_cast<std::size_t>(lines);
  const auto line_end = before.rfind('\n');
  const auto line_begin = line_end == std::string_view::npos ? 0 : line_end + 1;
  reason.column = before.size() - line_begin + 1;
  return reason;
}

namespace {

constexpr auto convert_hint
  = "convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8";

/// Offset of the first byte that is not part of valid UTF-8.
std::size_t valid_utf8_prefix(std::string_view text) {
  const auto character_bytes = [&](std::size_t at) {
    const auto rest = text.substr(at, 4);
    for (std::size_t size = 1; size <= rest.size(); ++size)
      if (simdjson::validate_utf8(rest.data(), size))
        return size;
    return std::size_t{0};
  };
  auto at = std::size_t{0};
  while (at < text.size()) {
    const auto is_ascii = static_cast<unsigned char>(text[at]) < 0x80;
    const auto size = is_ascii ? 1 : character_bytes(at);
    if (size == 0)
      break;
    at += size;
  }
  return at;
}

outcome<void> check_text(const record_chunk& chunk, unsigned seen) {
  if ((seen & seen_nul) != 0) {
    const auto offset = chunk.text().find('\0');
    if (offset != std::string_view::npos)
      return fail(problem_at(chunk, offset, "NUL byte in the text",
                             "the file is not text, or it is UTF-16: then "
                               + std::string{convert_hint}));
  }
  if ((seen & seen_non_ascii) != 0
      && !simdjson::validate_utf8(chunk.bytes.data(), chunk.size))
    return fail(problem_at(chunk, valid_utf8_prefix(chunk.text()),
                           "bytes that are not UTF-8",
                           "convert the file, for example with "
                           "iconv -f LATIN1 -t UTF-8"));
  return {};
}

std::string_view foreign_encoding(std::string_view text) {
  using namespace std::string_view_literals;
  if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv))
    return "UTF-32";
  if (text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv))
    return "UTF-16";
  return {};
}

void make_room(record_chunk& chunk, std::size_t size) {
  const auto needed = size + record_chunk::padding_bytes;
  if (chunk.bytes.size() < needed)
    chunk.bytes.resize(needed);
}

void set_size(record_chunk& chunk, std::size_t size) {
  make_room(chunk, size);
  chunk.size = size;
  std::memset(chunk.bytes.data() + size, 0, record_chunk::padding_bytes);
}

} // namespace

record_chunk make_chunk(std::string_view text, record_format format) {
  auto chunk = record_chunk{};
  auto state = scan_state{};
  scan_records(text, format, std::numeric_limits<std::size_t>::max(), state);
  chunk.records = state.records + (state.at > state.end ? 1 : 0);
  chunk.bytes = text;
  set_size(chunk, text.size());
  return chunk;
}

record_splitter::record_splitter(byte_source source, splitter_options options)
  : source_{std::move(source)}, options_{std::move(options)} {
  // Offsets into a chunk fit into 32 bits.
  options_.record_bytes_max = std::clamp<std::size_t>(options_.record_bytes_max,
                                                      1, std::size_t{1} << 30);
  options_.bytes_max
    = std::clamp<std::size_t>(options_.bytes_max, 1, options_.record_bytes_max);
}

outcome<void> record_splitter::start() {
  started_ = true;
  carry_.resize(4);
  auto have = std::size_t{0};
  while (have < carry_.size() && !ended_) {
    const auto count = source_(std::span{carry_}.subspan(have));
    if (!count)
      return fail(count.error());
    ended_ = *count == 0;
    have += *count;
  }
  carry_.resize(have);
  if (const auto encoding = foreign_encoding(carry_); !encoding.empty()) {
    auto reason = problem{};
    reason.kind = problem_kind::invalid_input;
    reason.message = "the file is " + std::string{encoding} + ", not UTF-8";
    reason.file = options_.file;
    reason.line = 1;
    reason.hint = "convert it, for example with iconv -f "
                  + std::string{encoding} + " -t UTF-8";
    return fail(std::move(reason));
  }
  if (carry_.starts_with("\xEF\xBB\xBF"))
    carry_at_ = 3;
  next_byte_ = carry_at_;
  return {};
}

outcome<bool> record_splitter::next(record_chunk& chunk) {
  return next(chunk, options_.records_max);
}

outcome<bool> record_splitter::next(record_chunk& chunk,
                                    std::size_t records_max) {
  if (!started_) {
    if (auto started = start(); !started)
      return fail(std::move(started.error()));
  }
  records_max = std::max<std::size_t>(records_max, 1);
  chunk.file = options_.file;
  chunk.first_line = next_line_;
  chunk.first_record = next_record_;
  chunk.first_byte = next_byte_;
  auto state = scan_state{};
  take_from_carry(chunk, state, records_max);
  while (!is_enough(chunk, state, records_max)) {
    if (state.at == chunk.size && ended_)
      break;
    if (state.at == chunk.size) {
      if (auto read = read_more(chunk, records_max); !read)
        return fail(std::move(read.error()));
    }
    const auto is_long = state.end == 0 && state.at >= options_.bytes_max;
    scan_records(chunk.text(), options_.format, is_long ? 1 : records_max,
                 state);
  }
  return hand_out(chunk, state);
}

/// Starts the chunk with what is left from earlier reads; what it has no need
/// of stays in the carry.
void record_splitter::take_from_carry(record_chunk& chunk, scan_state& state,
                                      std::size_t records_max) {
  const auto carried = std::string_view{carry_}.substr(carry_at_);
  scan_records(carried.substr(0, options_.bytes_max), options_.format,
               records_max, state);
  const auto is_cut
    = state.records >= records_max
      || (carried.size() >= options_.bytes_max && state.end > 0);
  chunk.size = is_cut ? state.end : carried.size();
  make_room(chunk, chunk.size);
  std::memcpy(chunk.bytes.data(), carried.data(), chunk.size);
  carry_at_ += chunk.size;
  if (carry_at_ < carry_.size()) {
    state.at = state.end;
    state.in_quotes = false;
    return;
  }
  carry_.clear();
  carry_at_ = 0;
}

/// How much to read: what the wanted records will probably take.
std::size_t record_splitter::read_size(std::size_t have,
                                       std::size_t records_max) const {
  if (have >= options_.bytes_max) // One long record: look for its end only.
    return std::min(have, options_.record_bytes_max + 1 - have);
  auto wanted = options_.bytes_max - have;
  if (next_record_ == 1)
    return wanted;
  const auto average = static_cast<double>(bytes_handed_out_)
                       / static_cast<double>(next_record_ - 1);
  const auto expected = average * static_cast<double>(records_max) * 1.02;
  constexpr auto read_bytes_min = std::size_t{64} << 10;
  if (expected < static_cast<double>(wanted))
    wanted = std::min(wanted, std::max(static_cast<std::size_t>(expected),
                                       read_bytes_min));
  return wanted;
}

outcome<void> record_splitter::read_more(record_chunk& chunk,
                                         std::size_t records_max) {
  const auto wanted = read_size(chunk.size, records_max);
  make_room(chunk, chunk.size + wanted);
  const auto count
    = source_(std::span{chunk.bytes}.subspan(chunk.size, wanted));
  if (!count)
    return fail(count.error());
  ended_ = *count == 0;
  chunk.size += *count;
  return {};
}

bool record_splitter::is_enough(const record_chunk& chunk,
                                const scan_state& state,
                                std::size_t records_max) const {
  return carry_at_ < carry_.size() || state.records >= records_max
         || (state.end > 0 && chunk.size >= options_.bytes_max)
         || (state.end == 0 && state.at > options_.record_bytes_max);
}

/// Cuts the chunk behind its last record; what follows goes to the carry.
outcome<bool> record_splitter::hand_out(record_chunk& chunk,
                                        const scan_state& state) {
  const auto have = chunk.size;
  const auto is_last = ended_ && carry_at_ >= carry_.size() && state.at == have;
  const auto has_open_record = is_last && have > state.end;
  const auto end = has_open_record ? have : state.end;
  if ((end == 0 ? have : end) > options_.record_bytes_max) {
    if (auto checked = check_text(chunk, state.seen & seen_nul); !checked)
      return fail(std::move(checked.error()));
    return fail(problem_at(
      chunk, 0,
      "a record of more than " + std::to_string(options_.record_bytes_max)
        + " bytes begins here",
      state.in_quotes ? "a quote that is never closed may be the reason"
                      : "end each record with a line feed"));
  }
  if (end < have)
    carry_.assign(chunk.bytes, end, have - end);
  set_size(chunk, end);
  chunk.records = state.records + (has_open_record ? 1 : 0);
  if (chunk.records == 0)
    return false;
  if (auto checked = check_text(chunk, state.seen); !checked)
    return fail(std::move(checked.error()));
  next_record_ += chunk.records;
  next_line_ += state.lines;
  next_byte_ += end;
  bytes_handed_out_ += end;
  return true;
}

} // namespace troupe::runtime
