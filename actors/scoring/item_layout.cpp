#include "actors/scoring/item_layout.hpp"

#include "actors/scoring/refusal.hpp"
#include "actors/scoring/work_item.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cmath>

namespace troupe::scoring {

namespace {

constexpr std::size_t id_bytes_max = 512;
constexpr double exact_integer_max = 9007199254740992.0; // 2^53

constexpr auto field_names = std::to_array<std::string_view>({
  "work_item_id",
  "title",
  "parent_id",
  "work_item_type",
  "state",
  "story_points",
  "complexity_score",
  "risk_score",
});

static_assert(field_names.size() == item_field_count);

bool is_integer_token(std::string_view text) {
  if (text.starts_with('-'))
    text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

bool is_text(const raw_value& value) {
  return value.what == raw_value::kind::text
         || value.what == raw_value::kind::cell;
}

/// Where the plan says that a field is; the field's own name by default.
std::string source_of(const scoring_plan& plan, std::string_view name) {
  const auto found = plan.fields.find(name);
  return found == plan.fields.end() ? std::string{name} : found->second;
}

runtime::problem with_key(runtime::problem reason, std::string key) {
  reason.key = std::move(key);
  return reason;
}

} // namespace

std::string_view to_string(item_field field) noexcept {
  return field_names[static_cast<std::size_t>(field)];
}

// -- compiling ----------------------------------------------------------------

runtime::outcome<item_layout>
item_layout::create(const scoring_plan& plan,
                    const item_reader_options& options) {
  auto layout = item_layout{options};
  layout.rules_ = plan.rules;
  if (auto done = layout.add_fields(plan); !done)
    return runtime::fail(std::move(done).error());
  if (auto done = layout.add_criteria(plan); !done)
    return runtime::fail(std::move(done).error());
  return layout;
}

std::size_t item_layout::slot_of(const source_path& path) {
  const auto found = std::find(places_.begin(), places_.end(), path);
  if (found != places_.end())
    return static_cast<std::size_t>(found - places_.begin());
  places_.push_back(path);
  return places_.size() - 1;
}

runtime::outcome<void> item_layout::add_fields(const scoring_plan& plan) {
  const auto wants_hierarchy = options_.hierarchy == hierarchy_columns::fill;
  for (std::size_t i = 0; i < item_field_count; ++i) {
    const auto field = static_cast<item_field>(i);
    auto& planned = fields_[i];
    planned.spelling = source_of(plan, field_names[i]);
    // The numbers of the hierarchy and the parent are checked by nobody else.
    const auto is_wanted = field <= item_field::title || wants_hierarchy
                           || field == item_field::work_item_type
                           || field == item_field::state;
    if (!is_wanted || planned.spelling.empty())
      continue;
    auto source = parse_source(planned.spelling);
    if (!source)
      return runtime::fail(with_key(std::move(source).error(),
                                    "fields." + std::string{field_names[i]}));
    const auto is_id
      = field == item_field::work_item_id || field == item_field::parent_id;
    if (source->what != derivation::none
        && !(is_id && source->what == derivation::join))
      return refuse("a field cannot be computed by \"" + planned.spelling
                      + "\"",
                    "fields." + std::string{field_names[i]},
                    "ages and lengths are for criteria, join is for ids");
    for (const auto& path : source->paths)
      planned.slots.push_back(slot_of(path));
  }
  if (plan_of(item_field::work_item_id).slots.empty())
    return refuse("items need an id", "fields.work_item_id",
                  "name the source of work_item_id");
  auto financial = source_of(plan, "financial");
  if (financial.empty())
    return {};
  auto source = parse_source(financial);
  if (!source || source->what != derivation::none)
    return refuse("\"" + financial + "\" is no place in an item",
                  "fields.financial", "write key, outer.inner or /outer/inner");
  financial_place_ = std::move(source->paths.front());
  return {};
}

runtime::outcome<void> item_layout::add_criteria(const scoring_plan& plan) {
  criteria_.reserve(plan.criteria.size());
  for (const auto& planned : plan.criteria) {
    const auto& definition = planned.definition;
    auto source = parse_source(definition.source);
    if (!source)
      return runtime::fail(
        with_key(std::move(source).error(), definition.id + ".source"));
    const auto is_age = source->what == derivation::age_days
                        || source->what == derivation::days_until;
    if (is_age && !options_.as_of)
      return refuse("\"" + definition.source
                      + "\" needs the instant from which days are counted",
                    definition.id + ".source", "give the run an as-of date");
    if (source->what == derivation::join)
      return refuse("\"" + definition.source + "\" is not a number",
                    definition.id + ".source", "join is for ids");
    const auto& path = source->paths.front();
    // As the source system ships, a dotted source never finds anything.
    const auto is_lost = plan.rules == rule_set::compat
                         && plan.dotted == dotted_sources::shipped
                         && path.is_dotted();
    criteria_.push_back(
      {reading_rule{planned, plan.rules, source->what, options_.as_of},
       is_lost ? std::nullopt : std::optional{slot_of(path)},
       plan.rules == rule_set::compat ? missing_policy::zero
                                      : definition.missing,
       definition.source});
  }
  return {};
}

std::optional<runtime::problem>
item_layout::check_presence(const std::vector<bool>& is_present) const {
  const auto& id = plan_of(item_field::work_item_id);
  for (auto slot : id.slots)
    if (!is_present[slot])
      return problem_at(0, "there is no column for the id", id.spelling,
                        "map fields.work_item_id to a column");
  auto found = std::size_t{0};
  for (const auto& planned : criteria_) {
    if (planned.slot && is_present[*planned.slot])
      ++found;
    else if (planned.missing == missing_policy::error)
      return problem_at(0, "there is no column for a required criterion",
                        planned.spelling, "correct the source");
  }
  if (found == 0 && rules_ == rule_set::standard && !criteria_.empty())
    return problem_at(0, "there is no column for any criterion",
                      criteria_.front().spelling,
                      "the sources of the criteria name the columns");
  return std::nullopt;
}

// -- rows ---------------------------------------------------------------------

item_row item_layout::make_row() const {
  auto row = item_row{};
  row.slots.resize(places_.size());
  row.numbers.resize(criteria_.size() + 1 + financial_figure_count);
  return row;
}

item_reading item_layout::make_reading() const {
  auto reading = item_reading{};
  reading.batch.values.resize(criteria_.size());
  return reading;
}

void item_layout::reset(item_row& row, std::size_t line) {
  std::fill(row.slots.begin(), row.slots.end(), raw_value{});
  row.has_financial = false;
  row.line = line;
}

runtime::problem item_layout::problem_at(std::size_t line, std::string message,
                                         std::string key,
                                         std::string hint) const {
  return {.kind = runtime::problem_kind::invalid_input,
          .message = std::move(message),
          .file = options_.file,
          .line = line,
          .key = std::move(key),
          .hint = std::move(hint)};
}

runtime::outcome<bool> item_layout::take_text(const item_row& row,
                                              item_field field,
                                              std::string& text) const {
  const auto& planned = plan_of(field);
  const auto refuse = [&](std::string reason) {
    return runtime::fail(
      problem_at(row.line, std::string{to_string(field)} + " " + reason,
                 planned.spelling, "an id is a number or a text"));
  };
  text.clear();
  for (auto slot : planned.slots) {
    const auto& value = row.slots[slot];
    if (value.is_missing())
      return false;
    if (!text.empty())
      text += '-';
    if (is_text(value) || is_integer_token(value.text))
      text += value.text;
    else if (value.what == raw_value::kind::number
             && value.number == std::nearbyint(value.number)
             && std::abs(value.number) < exact_integer_max)
      text += std::to_string(static_cast<long long>(value.number));
    else if (value.what == raw_value::kind::number)
      return refuse("is not a whole number");
    else
      return refuse("has the wrong type");
  }
  if (has_nul(text))
    return refuse("contains a NUL byte");
  if (text.size() > id_bytes_max)
    return refuse("is longer than 512 bytes");
  return !text.empty();
}

runtime::outcome<std::string_view>
item_layout::take_title(const item_row& row) const {
  const auto& planned = plan_of(item_field::title);
  if (planned.slots.empty() || row.slots[planned.slots.front()].is_missing())
    return std::string_view{};
  const auto& value = row.slots[planned.slots.front()];
  if (!is_text(value))
    return runtime::fail(problem_at(row.line, "title is not a text",
                                    planned.spelling, "put it in quotes"));
  if (has_nul(value.text))
    return runtime::fail(problem_at(row.line, "title contains a NUL byte",
                                    planned.spelling, "remove it"));
  return value.text;
}

runtime::outcome<std::uint8_t> item_layout::take_word(const item_row& row,
                                                      item_field field) const {
  const auto& planned = plan_of(field);
  if (planned.slots.empty() || row.slots[planned.slots.front()].is_missing())
    return std::uint8_t{0};
  const auto& value = row.slots[planned.slots.front()];
  const auto is_type = field == item_field::work_item_type;
  if (is_text(value)) {
    if (is_type) {
      if (const auto type = parse_work_item_type(value.text))
        return static_cast<std::uint8_t>(*type);
    } else if (const auto state = parse_work_item_state(value.text)) {
      return static_cast<std::uint8_t>(*state);
    }
  }
  auto message = "unknown " + std::string{to_string(field)};
  if (is_text(value) && !has_nul(value.text))
    message += " \"" + std::string{value.text.substr(0, 80)} + "\"";
  return runtime::fail(problem_at(
    row.line, std::move(message), planned.spelling,
    "known are " + (is_type ? work_item_type_names() : work_item_state_names())
      + "; map the field to \"\" to ignore it"));
}

double item_layout::take_number(const item_row& row, item_field field) const {
  const auto& planned = plan_of(field);
  if (planned.slots.empty())
    return missing_value;
  const auto& value = row.slots[planned.slots.front()];
  auto number = missing_value;
  if (value.what == raw_value::kind::number)
    number = value.number;
  else if (is_text(value))
    number = parse_python_float(value.text).value_or(missing_value);
  return std::isfinite(number) ? number : missing_value;
}

runtime::outcome<void> item_layout::take_values(item_row& row) const {
  const auto absent = raw_value{};
  for (std::size_t j = 0; j < criteria_.size(); ++j) {
    const auto& planned = criteria_[j];
    const auto value
      = planned.rule.apply(planned.slot ? row.slots[*planned.slot] : absent);
    if (planned.missing == missing_policy::error && std::isnan(value))
      return runtime::fail(problem_at(
        row.line, "value is missing or not a number", planned.spelling,
        "supply it, or choose another `missing` policy for the criterion"));
    row.numbers[j] = value;
  }
  return {};
}

runtime::outcome<const financial_figures*>
item_layout::take_financials(const item_row& row,
                             financial_figures& own) const {
  if (options_.financials)
    if (const auto* found = options_.financials->find(row.id))
      return found;
  if (!row.has_financial)
    return nullptr;
  auto broken = validate(row.financial);
  if (!broken.empty()) {
    auto& first = broken.front();
    first.file = options_.file;
    first.line = row.line;
    first.key = financial_place_.spelling + "." + first.key;
    if (first.hint.empty())
      first.hint = "correct the value, or leave it out for the default";
    return runtime::fail(std::move(first));
  }
  own = evaluate(row.financial, rules_);
  return &own;
}

void item_layout::append_values(const item_row& row,
                                const financial_figures* figures,
                                item_reading& reading) const {
  auto& batch = reading.batch;
  for (std::size_t j = 0; j < criteria_.size(); ++j)
    batch.values[j].push_back(row.numbers[j]);
  if (figures && batch.financials.empty()) {
    batch.financials.assign(financial_figure_count,
                            std::vector<double>(batch.rows, missing_value));
    batch.has_financials.assign(batch.rows, 0);
  }
  if (batch.financials.empty())
    return;
  for (std::size_t k = 0; k < financial_figure_count; ++k)
    batch.financials[k].push_back(figures ? (*figures)[k] : missing_value);
  batch.has_financials.push_back(figures ? 1 : 0);
}

runtime::outcome<void> item_layout::append(item_row& row,
                                           item_reading& reading) const {
  const auto has_id = take_text(row, item_field::work_item_id, row.id);
  if (!has_id)
    return runtime::fail(has_id.error());
  if (!*has_id)
    return runtime::fail(problem_at(
      row.line, "item has no id", plan_of(item_field::work_item_id).spelling,
      "every item needs an id that is a number or a text"));
  const auto title = take_title(row);
  if (!title)
    return runtime::fail(title.error());
  const auto type = take_word(row, item_field::work_item_type);
  if (!type)
    return runtime::fail(type.error());
  const auto state = take_word(row, item_field::state);
  if (!state)
    return runtime::fail(state.error());
  const auto parent = take_text(row, item_field::parent_id, row.parent);
  if (!parent)
    return runtime::fail(parent.error());
  if (auto done = take_values(row); !done)
    return done;
  auto own = financial_figures{};
  const auto figures = take_financials(row, own);
  if (!figures)
    return runtime::fail(figures.error());

  auto& batch = reading.batch;
  append_values(row, *figures, reading);
  batch.ids.add(row.id);
  batch.titles.add(*title);
  auto* numbers = row.numbers.data();
  const auto n = criteria_.size();
  numbers[n] = *figures ? 1.0 : 0.0;
  if (*figures)
    for (std::size_t k = 0; k < financial_figure_count; ++k)
      numbers[n + 1 + k]
        = std::isnan((**figures)[k]) ? missing_value : (**figures)[k] + 0.0;
  const auto hashed = n + 1 + (*figures ? financial_figure_count : 0);
  if (options_.digests == digest_column::fill)
    batch.digests.push_back(XXH3_64bits(numbers, hashed * sizeof(double)));
  if (options_.hierarchy == hierarchy_columns::fill) {
    batch.parents.add(row.parent);
    batch.types.push_back(*type);
    batch.states.push_back(*state);
    batch.story_points.push_back(take_number(row, item_field::story_points));
    batch.complexities.push_back(
      take_number(row, item_field::complexity_score));
    batch.risks.push_back(take_number(row, item_field::risk_score));
  }
  reading.lines.push_back(row.line);
  ++batch.rows;
  return {};
}

// -- plain items --------------------------------------------------------------

std::optional<item_layout::plain_slots> item_layout::find_plain_slots() const {
  const auto& id = plan_of(item_field::work_item_id);
  if (rules_ != rule_set::standard || options_.financials
      || id.slots.size() != 1)
    return std::nullopt;
  auto slots = plain_slots{id.slots.front(), {}};
  for (const auto& planned : criteria_) {
    const auto is_plain = planned.slot && *planned.slot != slots.id
                          && planned.rule.is_plain()
                          && planned.missing != missing_policy::error;
    // Two criteria may share a column; columns are moved, so these may not.
    if (!is_plain
        || std::find(slots.criteria.begin(), slots.criteria.end(),
                     *planned.slot)
             != slots.criteria.end())
      return std::nullopt;
    slots.criteria.push_back(*planned.slot);
  }
  return slots;
}

std::optional<item_reading>
item_layout::make_plain_reading(text_list ids,
                                std::vector<std::vector<double>> values,
                                std::size_t first_line) const {
  const auto rows = ids.size();
  for (std::size_t row = 0; row < rows; ++row) {
    const auto size = ids.offsets[row + 1] - ids.offsets[row];
    if (size == 0 || size > id_bytes_max)
      return std::nullopt;
  }
  for (auto& column : values) {
    auto has_infinity = false;
    for (auto& value : column) {
      has_infinity = has_infinity || std::isinf(value);
      // As a number read alone: zeros and missing values have one form.
      value = std::isnan(value) ? missing_value : value + 0.0;
    }
    // "inf" is a number to a table, but missing to a criterion.
    if (has_infinity)
      return std::nullopt;
  }
  auto reading = item_reading{};
  auto& batch = reading.batch;
  batch.rows = rows;
  batch.ids = std::move(ids);
  batch.titles.offsets.assign(rows + 1, 0);
  batch.values = std::move(values);
  if (options_.digests == digest_column::fill) {
    batch.digests.reserve(rows);
    auto numbers = std::vector<double>(criteria_.size() + 1, 0.0);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t j = 0; j < criteria_.size(); ++j)
        numbers[j] = batch.values[j][row];
      batch.digests.push_back(
        XXH3_64bits(numbers.data(), numbers.size() * sizeof(double)));
    }
  }
  if (options_.hierarchy == hierarchy_columns::fill) {
    batch.parents.offsets.assign(rows + 1, 0);
    batch.types.assign(rows, 0);
    batch.states.assign(rows, 0);
    for (auto* column :
         {&batch.story_points, &batch.complexities, &batch.risks})
      column->assign(rows, missing_value);
  }
  reading.lines.resize(rows);
  for (std::size_t row = 0; row < rows; ++row)
    reading.lines[row] = first_line + row;
  return reading;
}

std::string item_layout::known_id(const item_row& row) const {
  auto id = std::string{};
  const auto found = take_text(row, item_field::work_item_id, id);
  return found && *found ? id : std::string{};
}

} // namespace troupe::scoring
