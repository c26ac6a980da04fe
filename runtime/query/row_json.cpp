#include "runtime/query/row_json.hpp"

#include "runtime/utf8.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe::runtime {

namespace {

/// Whether a decimal text is also a number of JSON, which knows no "NaN".
bool is_json_number(std::string_view text) {
  return !text.empty()
         && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

} // namespace

/// Keeps its memory from value to value.
struct row_json::checker {
  simdjson::dom::parser parser;
  std::string line;

  [[nodiscard]] bool is_json(std::string_view text) {
    return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
  }

  /// Line breaks stand between tokens only: within a text they are escaped.
  std::string_view on_one_line(std::string_view text) {
    line = text;
    std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; },
      ' ');
    return line;
  }
};

row_json::row_json(std::string database, std::vector<std::string> columns)
  : database_{std::move(database)}, columns_{std::move(columns)},
    checker_{std::make_unique<checker>()} {}

row_json::row_json(row_json&&) noexcept = default;

row_json& row_json::operator=(row_json&&) noexcept = default;

row_json::~row_json() = default;

outcome<row_json> row_json::create(std::string database,
                                   std::vector<std::string> columns) {
  auto result = row_json{std::move(database), std::move(columns)};
  const auto& names = result.columns_;
  for (auto name = names.begin(); name != names.end(); ++name) {
    const auto column = static_cast<std::size_t>(name - names.begin());
    const auto number = std::to_string(column + 1);
    if (name->empty() || !is_valid_utf8(*name))
      return result.refuse(column,
                           "column " + number + " of the query has no name",
                           "give it one: ... AS name");
    if (std::find(names.begin(), name, *name) != name)
      return result.refuse(column,
                           "the query gives the column \"" + *name + "\" twice",
                           "name the columns one by one, with ... AS name");
  }
  return result;
}

void row_json::begin(std::string& text) {
  writer_.emplace(text);
  ++row_;
}

void row_json::integer(std::size_t column, std::int64_t value) {
  writer_->integer(columns_[column], value);
}

void row_json::boolean(std::size_t column, bool value) {
  writer_->boolean(columns_[column], value);
}

void row_json::real(std::size_t column, double value) {
  if (std::isfinite(value)) {
    writer_->number(columns_[column], value);
    return;
  }
  auto text = std::string{};
  append_shortest(text, value);
  writer_->text(columns_[column], text);
}

outcome<void> row_json::decimal(std::size_t column, std::string_view value) {
  if (!is_json_number(value))
    return text(column, value);
  writer_->json(columns_[column], value);
  return {};
}

outcome<void> row_json::text(std::size_t column, std::string_view value) {
  if (!simdjson::validate_utf8(value.data(), value.size()))
    return refuse(column, "text that is not UTF-8",
                  "convert it in the database or in the query");
  writer_->text(columns_[column], value);
  return {};
}

outcome<void> row_json::json(std::size_t column, std::string_view value) {
  if (!checker_->is_json(value))
    return refuse(column, "text that is not JSON",
                  "write an object {...}, or give the column another name");
  writer_->json(columns_[column], checker_->on_one_line(value));
  return {};
}

outcome<void> row_json::bytes(std::size_t column) const {
  return refuse(column, "bytes, which are neither a number nor a text",
                "leave the column out of the query, or convert it there");
}

void row_json::end() {
  writer_->end_object();
  writer_.reset();
}

tl::unexpected<problem> row_json::refuse(std::size_t column,
                                         std::string message,
                                         std::string hint) const {
  auto reason = problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.file = database_;
  reason.line = row_;
  if (is_valid_utf8(columns_[column]))
    reason.key = columns_[column];
  reason.hint = std::move(hint);
  return fail(std::move(reason));
}

} // namespace troupe::runtime
