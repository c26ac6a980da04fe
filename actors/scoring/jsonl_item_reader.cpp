#include "actors/scoring/jsonl_item_reader.hpp"

#include "actors/scoring/json_financials.hpp"
#include "runtime/tabular/line_reader.hpp"

#include <simdjson.h>

namespace troupe::scoring {

namespace {

namespace json = simdjson::ondemand;

std::size_t hash_of(std::string_view key) noexcept {
  if (key.empty())
    return 0;
  const auto front = static_cast<unsigned char>(key.front());
  const auto back = static_cast<unsigned char>(key.back());
  const auto middle = static_cast<unsigned char>(key[key.size() / 2]);
  return (key.size() * 7 + front * 3U + middle * 5U + back) % 64;
}

static_assert(runtime::record_chunk::padding_bytes
              >= simdjson::SIMDJSON_PADDING);

/// One pass over one object. Errors are simdjson's until the line is known to
/// be bad; only then is it worth words.
class json_walk {
public:
  json_walk(const key_tree& keys, item_row& row) : keys_{keys}, row_{row} {}

  simdjson::error_code visit(json::object object, const key_tree::node& at) {
    for (auto entry : object) {
      json::field field;
      if (auto error = std::move(entry).get(field))
        return error;
      std::string_view key;
      if (auto error = field.unescaped_key().get(key))
        return error;
      const auto* child = keys_.find(at, key);
      if (!child)
        continue;
      if (auto error = take(field.value(), *child)) {
        if (key_.empty())
          key_ = key;
        return error;
      }
    }
    return simdjson::SUCCESS;
  }

  /// Top-level key at which the walk stopped; empty if it is not known.
  [[nodiscard]] const std::string& key() const noexcept {
    return key_;
  }

  /// What is wrong in a well-formed financial record.
  [[nodiscard]] const std::optional<runtime::problem>& misfit() const noexcept {
    return misfit_;
  }

private:
  simdjson::error_code take(json::value value, const key_tree::node& at) {
    json::json_type type{};
    if (auto error = value.type().get(type))
      return error;
    auto found = raw_value{};
    switch (type) {
      case json::json_type::object:
        found.what = raw_value::kind::object;
        if (auto error = take_object(value, at))
          return error;
        break;
      case json::json_type::array:
        found.what = raw_value::kind::list;
        if (auto error = take_array(value, at, found.number))
          return error;
        break;
      default:
        if (auto error = take_scalar(value, type, found))
          return error;
    }
    if (at.is_financial && type != json::json_type::object
        && type != json::json_type::null)
      misfit_ = runtime::problem{
        .kind = runtime::problem_kind::invalid_input,
        .message = "financial data is not an object",
        .file = {},
        .key = {},
        .hint = "write {\"initial_investment\": ..., ...} or null"};
    if (at.slot != key_tree::none)
      row_.slots[at.slot] = found;
    return simdjson::SUCCESS;
  }

  simdjson::error_code take_object(json::value value,
                                   const key_tree::node& at) {
    json::object object;
    if (auto error = value.get_object().get(object))
      return error;
    if (!at.is_financial)
      return visit(object, at);
    row_.has_financial = true;
    auto misfit = runtime::outcome<void>{};
    const auto error = read_financial_object(object, row_.financial, misfit);
    if (!error && !misfit)
      misfit_ = misfit.error();
    return error;
  }

  simdjson::error_code take_array(json::value value, const key_tree::node& at,
                                  double& count) {
    json::array array;
    if (auto error = value.get_array().get(array))
      return error;
    auto index = std::size_t{0};
    for (auto element : array) {
      json::value one;
      if (auto error = std::move(element).get(one))
        return error;
      if (!at.children.empty())
        if (const auto* child = keys_.find(at, std::to_string(index)))
          if (auto error = take(one, *child))
            return error;
      ++index;
    }
    count = static_cast<double>(index);
    return simdjson::SUCCESS;
  }

  static simdjson::error_code
  take_scalar(json::value value, json::json_type type, raw_value& found) {
    switch (type) {
      case json::json_type::string:
        found.what = raw_value::kind::text;
        return value.get_string().get(found.text);
      case json::json_type::number:
        found.what = raw_value::kind::number;
        return read_json_number(value, found.number, found.text);
      case json::json_type::boolean: {
        auto is_true = false;
        found.what = raw_value::kind::boolean;
        const auto error = value.get_bool().get(is_true);
        found.number = is_true ? 1.0 : 0.0;
        return error;
      }
      default:
        found.what = raw_value::kind::null;
        // Only the whole word null will do.
        return value.raw_json_token().starts_with("null")
                 ? simdjson::SUCCESS
                 : simdjson::N_ATOM_ERROR;
    }
  }

  const key_tree& keys_;
  item_row& row_;
  std::string key_;
  std::optional<runtime::problem> misfit_;
};

/// Reads one line into the row.
runtime::outcome<void> read_line(const item_layout& layout,
                                 const key_tree& keys, json::parser& parser,
                                 std::string_view text, item_row& row) {
  const auto refuse = [&](std::string message, std::string key,
                          std::string hint) {
    return runtime::fail(layout.problem_at(row.line, std::move(message),
                                           std::move(key), std::move(hint)));
  };
  if (text.size() > layout.options().record_bytes_max)
    return refuse("line is longer than "
                    + std::to_string(layout.options().record_bytes_max)
                    + " bytes",
                  "", "split the item or raise the limit");
  auto walk = json_walk{keys, row};
  const auto error = [&]() -> simdjson::error_code {
    json::document document;
    const auto padded = simdjson::padded_string_view{
      text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING};
    if (auto failed = parser.iterate(padded).get(document))
      return failed;
    json::object object;
    if (auto failed = document.get_object().get(object))
      return failed;
    if (auto failed = walk.visit(object, keys.root()))
      return failed;
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS
             ? simdjson::SUCCESS
             : simdjson::TAPE_ERROR;
  }();
  if (error == simdjson::INCORRECT_TYPE && walk.key().empty())
    return refuse("line is not a JSON object", "",
                  "write one object {...} per line");
  if (error == simdjson::UTF8_ERROR)
    return refuse("line is not valid UTF-8", walk.key(),
                  "convert the file to UTF-8");
  if (error)
    return refuse(std::string{"line is not valid JSON ("}
                    + simdjson::error_message(error) + ")",
                  walk.key(), "write one whole object {...} per line");
  if (walk.misfit()) {
    auto reason = *walk.misfit();
    reason.file = layout.options().file;
    reason.line = row.line;
    reason.key = layout.financial_place().spelling
                 + (reason.key.empty() ? "" : "." + reason.key);
    return runtime::fail(std::move(reason));
  }
  return {};
}

} // namespace

key_tree::key_tree(const item_layout& layout) {
  nodes_.emplace_back();
  const auto& places = layout.places();
  for (std::size_t slot = 0; slot < places.size(); ++slot)
    nodes_[reach(places[slot])].slot = slot;
  if (!layout.financial_place().keys.empty())
    nodes_[reach(layout.financial_place())].is_financial = true;
}

std::size_t key_tree::reach(const source_path& path) {
  auto at = std::size_t{0};
  for (const auto& key : path.keys) {
    if (const auto* found = find(nodes_[at], key)) {
      at = static_cast<std::size_t>(found - nodes_.data());
      continue;
    }
    const auto child = nodes_.size();
    nodes_.emplace_back();
    auto& parent = nodes_[at];
    parent.children.emplace_back(key, child);
    auto& first = parent.first[hash_of(key)];
    parent.next.push_back(first);
    first = static_cast<std::uint16_t>(parent.children.size());
    at = child;
  }
  return at;
}

const key_tree::node* key_tree::find(const node& parent,
                                     std::string_view key) const noexcept {
  auto at = parent.first[hash_of(key)];
  while (at != 0) {
    const auto& [name, child] = parent.children[at - 1U];
    if (name == key)
      return &nodes_[child];
    at = parent.next[at - 1U];
  }
  return nullptr;
}

runtime::outcome<item_reading>
jsonl_item_reader::read(const runtime::record_chunk& chunk) const {
  auto reading = layout_.make_reading();
  auto row = layout_.make_row();
  auto parser = json::parser{};
  auto lines = runtime::line_cursor{chunk};
  while (lines.next()) {
    item_layout::reset(row, static_cast<std::size_t>(lines.line()));
    auto done = read_line(layout_, keys_, parser, lines.text(), row);
    if (done)
      done = layout_.append(row, reading);
    if (done)
      continue;
    if (layout_.options().on_bad_item == bad_item::refuse)
      return runtime::fail(std::move(done).error());
    reading.rejected.push_back(
      {layout_.known_id(row), std::move(done).error()});
  }
  return reading;
}

} // namespace troupe::scoring
