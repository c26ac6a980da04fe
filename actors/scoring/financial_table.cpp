#include "actors/scoring/financial_table.hpp"

#include "actors/scoring/csv_item_reader.hpp"
#include "actors/scoring/financial_cells.hpp"
#include "actors/scoring/json_financials.hpp"
#include "runtime/tabular/csv_reader.hpp"
#include "runtime/tabular/line_reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>

namespace troupe::scoring {

namespace {

namespace json = simdjson::ondemand;

constexpr std::string_view id_key = "work_item_id";

/// Collects records; knows the file and the rules.
class table_builder {
public:
  table_builder(rule_set rules, const std::string& file)
    : rules_{rules}, file_{file} {}

  [[nodiscard]] runtime::outcome<void> add(std::string id, std::size_t line,
                                           const financial_record& record) {
    if (id.empty())
      return refuse(line, "record has no id", std::string{id_key},
                    "every record needs the id of its item");
    auto broken = validate(record);
    if (!broken.empty()) {
      broken.front().file = file_;
      broken.front().line = line;
      return runtime::fail(std::move(broken.front()));
    }
    const auto [at, is_new]
      = table_.figures.try_emplace(std::move(id), evaluate(record, rules_));
    if (!is_new)
      return refuse(line, "id \"" + at->first + "\" occurs twice",
                    std::string{id_key}, "keep one record per item");
    return {};
  }

  [[nodiscard]] tl::unexpected<runtime::problem>
  refuse(std::size_t line, std::string message, std::string key,
         std::string hint) const {
    return runtime::fail({.kind = runtime::problem_kind::invalid_input,
                          .message = std::move(message),
                          .file = file_,
                          .line = line,
                          .key = std::move(key),
                          .hint = std::move(hint)});
  }

  [[nodiscard]] tl::unexpected<runtime::problem>
  refuse(std::size_t line, runtime::problem reason) const {
    reason.file = file_;
    reason.line = line;
    return runtime::fail(std::move(reason));
  }

  [[nodiscard]] financial_table take() && {
    return std::move(table_);
  }

private:
  rule_set rules_;
  const std::string& file_;
  financial_table table_;
};

struct json_record {
  std::string id;
  financial_record record;
  runtime::outcome<void> misfit;
};

simdjson::error_code take_id(json::value value, std::string& id) {
  json::json_type type{};
  if (auto error = value.type().get(type))
    return error;
  auto text = std::string_view{};
  if (type == json::json_type::string) {
    if (auto error = value.get_string().get(text))
      return error;
  } else if (type == json::json_type::number) {
    auto number = 0.0;
    if (auto error = read_json_number(value, number, text))
      return error;
  }
  id = text;
  return simdjson::SUCCESS;
}

simdjson::error_code read_object(json::parser& parser, std::string_view text,
                                 json_record& into) {
  json::document document;
  if (auto error
      = parser
          .iterate(simdjson::padded_string_view{
            text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING})
          .get(document))
    return error;
  json::object object;
  if (auto error = document.get_object().get(object))
    return error;
  for (auto entry : object) {
    json::field field;
    if (auto error = std::move(entry).get(field))
      return error;
    std::string_view key;
    if (auto error = field.unescaped_key().get(key))
      return error;
    auto error = simdjson::SUCCESS;
    if (key == id_key) {
      error = take_id(field.value(), into.id);
    } else if (key == "financial") {
      json::object inner;
      error = field.value().get_object().get(inner);
      if (!error)
        error = read_financial_object(inner, into.record, into.misfit);
    } else {
      error
        = read_financial_member(key, field.value(), into.record, into.misfit);
    }
    if (error)
      return error;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS
           ? simdjson::SUCCESS
           : simdjson::TAPE_ERROR;
}

runtime::outcome<void> read_jsonl(const runtime::record_chunk& chunk,
                                  table_builder& table) {
  auto parser = json::parser{};
  auto lines = runtime::line_cursor{chunk};
  while (lines.next()) {
    const auto line = static_cast<std::size_t>(lines.line());
    auto found = json_record{};
    if (const auto error = read_object(parser, lines.text(), found))
      return table.refuse(line,
                          std::string{"line is not a financial record ("}
                            + simdjson::error_message(error) + ")",
                          "", "write one whole object {...} per line");
    if (!found.misfit)
      return table.refuse(line, std::move(found.misfit).error());
    if (auto done = table.add(std::move(found.id), line, found.record); !done)
      return done;
  }
  return {};
}

runtime::outcome<void> read_csv(const runtime::record_chunk& chunk,
                                table_builder& table) {
  auto rows = runtime::csv_rows{chunk};
  auto header = std::vector<std::string>{};
  for (;;) {
    auto found = rows.next();
    if (!found)
      return runtime::fail(std::move(found).error());
    if (!*found)
      return {};
    const auto cells = rows.fields();
    if (header.empty()) {
      header.assign(cells.begin(), cells.end());
      if (std::find(header.begin(), header.end(), id_key) == header.end())
        return table.refuse(1, "there is no column for the id",
                            std::string{id_key},
                            "the first record names the columns");
      if (std::none_of(header.begin(), header.end(), is_financial_key))
        return table.refuse(1, "there is no column of financial data", "",
                            "name columns initial_investment, "
                            "expected_revenue and so on");
      continue;
    }
    const auto line = static_cast<std::size_t>(rows.line());
    auto id = std::string{};
    auto record = financial_record{};
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (header[i] == id_key)
        id = cells[i];
      else if (is_financial_key(header[i]))
        if (auto done = read_financial_cell(header[i], cells[i], record); !done)
          return table.refuse(line, std::move(done).error());
    }
    if (auto done = table.add(std::move(id), line, record); !done)
      return done;
  }
}

} // namespace

const financial_figures* financial_table::find(std::string_view id) const {
  const auto found = figures.find(id);
  return found == figures.end() ? nullptr : &found->second;
}

runtime::outcome<financial_table> read_financials(std::string_view text,
                                                  financials_format format,
                                                  rule_set rules,
                                                  const std::string& file) {
  if (text.starts_with("\xEF\xBB\xBF"))
    text.remove_prefix(3);
  auto table = table_builder{rules, file};
  const auto is_csv = format == financials_format::csv;
  auto chunk = runtime::make_chunk(
    text, is_csv ? runtime::record_format::csv : runtime::record_format::jsonl);
  chunk.file = file;
  auto done = is_csv ? read_csv(chunk, table) : read_jsonl(chunk, table);
  if (!done)
    return runtime::fail(std::move(done).error());
  return std::move(table).take();
}

} // namespace troupe::scoring
