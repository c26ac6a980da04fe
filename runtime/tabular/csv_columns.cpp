#include "runtime/tabular/csv_field.hpp"
#include "runtime/tabular/csv_reader.hpp"
#include "runtime/tabular/number_run.hpp"
#include "runtime/tabular/numbers.hpp"

#include <algorithm>
#include <limits>

namespace troupe::runtime {

namespace {

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
    numbers_from_.resize(uses_.size());
    for (auto column = uses_.size(); column-- > 0;)
      if (uses_[column] == column_use::number)
        numbers_from_[column]
          = 1 + (column + 1 < uses_.size() ? numbers_from_[column + 1] : 0);
  }

  bool read_row() {
    const auto* row = at_;
    if (row_ == chunk_.records)
      return stop(problem_at(chunk_, chunk_.size, "more rows than announced"));
    auto* texts = columns_.texts.data();
    auto* targets = targets_.data();
    for (std::size_t column = 0; column < uses_.size(); ++column) {
      if (column > 0 && *at_++ != ',')
        return stop(ragged_problem(chunk_, row, uses_.size()));
      auto is_read = false;
      switch (uses_[column]) {
        case column_use::number: {
          const auto run
            = read_number_run({at_, static_cast<std::size_t>(end_ - at_)},
                              numbers_from_[column], targets, row_);
          at_ += run.size;
          targets += std::max<std::size_t>(run.count, 1);
          column += std::max<std::size_t>(run.count, 1) - 1;
          is_read = run.count > 0 || read_other_number(targets[-1][row_]);
          break;
        }
        case column_use::text:
          is_read = read_text(*texts++);
          break;
        case column_use::skip:
          is_read = read_field();
          break;
      }
      if (!is_read)
        return false;
    }
    return end_row(row);
  }

  bool end_row(const char* row) {
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
      texts.characters.append(
        field_.begin, static_cast<std::size_t>(field_.end - field_.begin));
    texts.offsets.push_back(
      static_cast<std::uint32_t>(texts.characters.size()));
    return true;
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
  std::vector<double*> targets_; // Of the number columns.
  std::vector<std::size_t> numbers_from_; // Neighbouring ones from each on.
  problem reason_;
};

} // namespace

outcome<void> read_columns(const record_chunk& chunk,
                           std::span<const column_use> uses,
                           column_set& columns) {
  return column_parser{chunk, uses, columns}.run();
}

} // namespace troupe::runtime
