#include "runtime/tabular/csv_field.hpp"
#include "runtime/tabular/csv_reader.hpp"
#include "runtime/tabular/numbers.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace troupe::runtime {

namespace {

/// A run of at most seven digits, eight characters at a time: Daniel Lemire,
/// "Quickly parsing eight digits" (2018), with leading zeros shifted in.
struct digit_run {
  std::uint64_t value = 0;
  unsigned count = 0; // 8: eight or more, `value` is then meaningless.
};

inline digit_run read_digits(const char* at) noexcept {
  const auto word = load_word(at) ^ 0x3030303030303030U;
  // A digit is now 0 to 9; carries only reach bytes behind a non-digit.
  const auto others
    = ((word + 0x7676767676767676U) | word) & 0x8080808080808080U;
  const auto count = static_cast<unsigned>(std::countr_zero(others)) / 8;
  // In two steps, as a shift by 64 is undefined.
  const auto digits = (word << 8) << ((7 - (count & 7U)) * 8);
  const auto pairs = digits * 10 + (digits >> 8);
  const auto value
    = ((pairs & 0x000000FF000000FFU) * 0x000F424000000064U
       + ((pairs >> 16) & 0x000000FF000000FFU) * 0x0000271000000001U)
      >> 32;
  return {value, count};
}

constexpr auto powers_of_ten = std::array<std::uint64_t, 8>{
  1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};
constexpr auto exact_powers_of_ten
  = std::array<double, 8>{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};

/// Reads a number like -123.456 of at most seven digits on either side of its
/// point, then a comma or line feed; returns where that stands, else null.
/// Digits and power are exact as doubles, so their quotient is the nearest
/// double: William Clinger, "How to read floating point numbers accurately".
inline const char* read_plain_number(const char* at, double& value) noexcept {
  const auto is_negative = *at == '-';
  at += is_negative ? 1 : 0;
  const auto whole = read_digits(at);
  if (whole.count == 0 || whole.count == 8)
    return nullptr;
  at += whole.count;
  auto digits = whole.value;
  auto decimals = 0U;
  if (*at == '.') {
    const auto fraction = read_digits(at + 1);
    if (fraction.count == 0 || fraction.count == 8)
      return nullptr;
    decimals = fraction.count;
    digits = digits * powers_of_ten[decimals] + fraction.value;
    at += 1 + decimals;
  }
  if (*at != ',' && *at != '\n')
    return nullptr;
  const auto magnitude = static_cast<double>(static_cast<std::int64_t>(digits))
                         / exact_powers_of_ten[decimals];
  value = is_negative ? -magnitude : magnitude;
  return at;
}

class column_parser {
public:
  column_parser(const record_chunk& chunk, std::span<const column_use> uses,
                column_set& columns)
    : chunk_{chunk}, uses_{uses}, columns_{columns}, at_{chunk.bytes.data()},
      end_{at_ + chunk.size} {}

  outcome<void> run() {
    prepare();
    while (at_ < end_) {
      if (!read_row())
        return fail(std::move(reason_));
      ++row_;
    }
    for (auto& numbers : columns_.numbers)
      numbers.resize(row_);
    columns_.rows = row_;
    return {};
  }

private:
  void prepare() {
    const auto count = [&](column_use use) {
      return static_cast<std::size_t>(
        std::count(uses_.begin(), uses_.end(), use));
    };
    columns_.rows = 0;
    columns_.texts.resize(count(column_use::text));
    columns_.numbers.resize(count(column_use::number));
    for (auto& texts : columns_.texts) {
      texts.characters.clear();
      texts.offsets.clear();
      texts.offsets.reserve(chunk_.records + 1);
      texts.offsets.push_back(0);
    }
    for (auto& numbers : columns_.numbers) {
      numbers.resize(chunk_.records);
      targets_.push_back(numbers.data());
    }
  }

  bool read_row() {
    const auto* row = at_;
    if (row_ == chunk_.records)
      return stop(problem_at(chunk_, chunk_.size, "more rows than announced"));
    auto* texts = columns_.texts.data();
    auto* target = targets_.data();
    auto is_first = true;
    for (const auto use : uses_) {
      if (!is_first && *at_++ != ',')
        return stop(ragged_problem(chunk_, row, uses_.size()));
      is_first = false;
      switch (use) {
        case column_use::number:
          if (!read_number((*target++)[row_]))
            return false;
          break;
        case column_use::text:
          if (!read_text(*texts++))
            return false;
          break;
        case column_use::skip:
          if (!read_field())
            return false;
          break;
      }
    }
    if (at_ == end_)
      return true;
    if (*at_ == ',')
      return stop(ragged_problem(chunk_, row, uses_.size()));
    at_ += *at_ == '\r' ? 2 : 1;
    return true;
  }

  bool read_field() {
    const auto fault = read_csv_field(at_, end_, field_);
    if (fault != csv_fault::none)
      return stop(field_problem(chunk_, field_.next, fault));
    at_ = field_.next;
    return true;
  }

  bool read_text(text_column& texts) {
    if (!read_field())
      return false;
    if (field_.has_escapes)
      append_unescaped(texts.characters, field_);
    else
      texts.characters.append(field_.begin, field_.end);
    texts.offsets.push_back(
      static_cast<std::uint32_t>(texts.characters.size()));
    return true;
  }

  bool read_number(double& value) {
    if (const auto* next = read_plain_number(at_, value)) {
      at_ = next;
      return true;
    }
    return read_other_number(value);
  }

  bool read_other_number(double& value) {
    const auto* begin = at_;
    if (!read_field())
      return false;
    if (field_.begin == field_.end) {
      value = std::numeric_limits<double>::quiet_NaN();
      return true;
    }
    const auto text = std::string_view{
      field_.begin, static_cast<std::size_t>(field_.end - field_.begin)};
    const auto number = parse_number(text);
    if (!number)
      return stop(problem_at(
        chunk_, static_cast<std::size_t>(begin - chunk_.bytes.data()),
        '"' + std::string{text.substr(0, 40)} + "\" is not a number",
        "write numbers like -1234.5 or 1e-7; an empty field is a missing one"));
    value = *number;
    return true;
  }

  bool stop(problem reason) {
    reason_ = std::move(reason);
    return false;
  }

  const record_chunk& chunk_;
  std::span<const column_use> uses_;
  column_set& columns_;
  const char* at_;
  const char* end_;
  std::size_t row_ = 0;
  csv_field field_;
  std::vector<double*> targets_;
  problem reason_;
};

} // namespace

outcome<void> read_columns(const record_chunk& chunk,
                           std::span<const column_use> uses,
                           column_set& columns) {
  return column_parser{chunk, uses, columns}.run();
}

} // namespace troupe::runtime
