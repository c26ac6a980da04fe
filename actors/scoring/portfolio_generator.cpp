#include "actors/scoring/portfolio_generator.hpp"

#include "actors/scoring/portfolio_forms.hpp"
#include "actors/scoring/work_item.hpp"
#include "runtime/draw_stream.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace troupe::scoring {

namespace {

using words = std::span<const std::string_view>;

// Items come in groups: an epic, a program increment objective, features, and
// the work below the features. Parents stand before their children.
constexpr auto group_size = std::uint64_t{50};
constexpr auto first_feature = std::uint64_t{2};
constexpr auto feature_count = std::uint32_t{6};
constexpr auto first_id = std::uint64_t{1000};

constexpr auto verbs = std::to_array<std::string_view>(
  {"Automate", "Cache", "Expose", "Harden", "Instrument", "Localise", "Migrate",
   "Redesign", "Replace", "Retire", "Split", "Unify"});
constexpr auto objects = std::to_array<std::string_view>(
  {"audit trail", "billing ledger", "consent screen", "customer portal",
   "delivery tracking", "fraud model", "identity check", "mobile login",
   "partner API", "payment gateway", "price list", "search index", "stock feed",
   "tariff engine"});
constexpr auto audiences = std::to_array<std::string_view>(
  {"back office", "business customers", "call centre", "field staff",
   "new markets", "partners", "private customers", "regulators", "suppliers",
   "warehouses"});
constexpr auto points = std::to_array<int>({1, 2, 3, 5, 8, 13, 20, 40, 100});
constexpr auto pillars = std::to_array<std::string_view>(
  {"Customer Experience", "Innovation", "Growth", "Operational Excellence",
   "Technical Excellence", "Sustainability"});
constexpr auto labels = std::to_array<std::string_view>(
  {"compliance", "customer-ask", "debt", "quick-win", "research", "security"});
constexpr auto states = std::to_array<work_item_state>(
  {work_item_state::fresh, work_item_state::fresh, work_item_state::fresh,
   work_item_state::active, work_item_state::active,
   work_item_state::in_progress, work_item_state::in_progress,
   work_item_state::resolved, work_item_state::closed,
   work_item_state::deferred, work_item_state::cancelled,
   work_item_state::removed});
constexpr auto urgencies = std::to_array<std::string_view>(
  {"Critical", "High", "Medium", "Low", "None"});
constexpr auto satisfactions = std::to_array<std::string_view>(
  {"Very High", "High", "Medium", "Low", "Very Low"});
constexpr auto advantages = std::to_array<std::string_view>(
  {"Game Changer", "Significant Advantage", "Competitive Parity",
   "Minor Advantage", "No Impact"});
constexpr auto business_risks = std::to_array<std::string_view>(
  {"Critical", "High", "Medium", "Low", "Minimal"});
constexpr auto technical_risks
  = std::to_array<std::string_view>({"High", "Medium", "Low", "Very Low"});
constexpr auto risk_levels = std::to_array<std::string_view>(
  {"very_low", "low", "medium", "high", "very_high"});

void append_whole(std::string& text, std::int64_t value) {
  auto digits = std::array<char, 24>{};
  const auto end
    = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), end);
}

/// A number of 10^-decimals units, without rounding.
void append_scaled(std::string& text, std::int64_t units, int decimals) {
  auto scale = std::int64_t{1};
  for (auto i = 0; i < decimals; ++i)
    scale *= 10;
  if (units < 0)
    text += '-';
  const auto size = units < 0 ? -units : units;
  append_whole(text, size / scale);
  if (decimals == 0)
    return;
  text += '.';
  for (auto digit = scale / 10; digit != 0; digit /= 10)
    text += static_cast<char>('0' + size / digit % 10);
}

void append_two(std::string& text, unsigned value) {
  text += static_cast<char>('0' + value / 10);
  text += static_cast<char>('0' + value % 10);
}

/// Minutes since the first day of 2025 as "2025-06-11T17:45:00".
void append_time(std::string& text, std::int64_t minutes) {
  using namespace std::chrono;
  constexpr auto start = sys_days{2025y / January / 1};
  const auto time = start + std::chrono::minutes{minutes};
  const auto day = floor<days>(time);
  const auto date = year_month_day{day};
  const auto clock = hh_mm_ss{time - day};
  append_whole(text, int{date.year()});
  text += '-';
  append_two(text, unsigned{date.month()});
  text += '-';
  append_two(text, unsigned{date.day()});
  text += 'T';
  append_two(text, static_cast<unsigned>(clock.hours().count()));
  text += ':';
  append_two(text, static_cast<unsigned>(clock.minutes().count()));
  text += ":00";
}

/// The content of an item, whatever its form. The order of the draws is part of
/// the result.
template <class Form>
class item_maker {
public:
  item_maker(std::uint64_t seed, std::uint64_t index, std::string& text)
    : draws_{seed, index}, index_{index}, form_{text} {}

  void make() {
    add_identity();
    add_estimates();
    add_dates();
    add_places();
    if (form_.begin_group("custom_fields", true)) {
      add_custom_fields();
      form_.end_group();
    }
    const auto has_financial = draws_.chance(70);
    if (form_.begin_group("financial", has_financial)) {
      add_financial();
      form_.end_group();
    }
    form_.end();
  }

private:
  void add_text(std::string_view key, std::string_view value) {
    form_.name(key);
    form_.quote();
    form_.text() += value;
    form_.quote();
  }

  void add_number(std::string_view key, std::int64_t units, int decimals) {
    form_.name(key);
    append_scaled(form_.text(), units, decimals);
  }

  /// Mostly small, seldom close to `most`.
  std::int64_t skewed(std::int32_t most) {
    const auto share = draws_.between(0, 1000);
    return share * share / 1000 * draws_.between(0, most) / 1000;
  }

  /// Gaps of the item's own keys are null.
  bool has(std::string_view key, std::uint32_t gap_percent) {
    if (!draws_.chance(gap_percent))
      return true;
    form_.missing(key, gap::null);
    return false;
  }

  void add_words(std::string_view key, words choices, std::uint32_t gaps) {
    if (has(key, gaps))
      add_text(
        key, choices[draws_.below(static_cast<std::uint32_t>(choices.size()))]);
  }

  work_item_type type() {
    const auto place = index_ % group_size;
    if (place == 0)
      return work_item_type::epic;
    if (place < first_feature)
      return work_item_type::program_increment_objective;
    if (place < first_feature + feature_count)
      return work_item_type::feature;
    const auto percent = draws_.below(100);
    if (percent < 71)
      return work_item_type::user_story;
    return percent < 89 ? work_item_type::task : work_item_type::bug;
  }

  std::optional<std::uint64_t> parent(work_item_type type) {
    const auto group = index_ / group_size * group_size;
    switch (type) {
      case work_item_type::epic:
        return std::nullopt;
      case work_item_type::program_increment_objective:
        return group;
      case work_item_type::feature:
        return group + draws_.below(first_feature);
      default:
        if (draws_.chance(2))
          return std::nullopt;
        return group + first_feature + draws_.below(feature_count);
    }
  }

  void add_title() {
    const auto pick = [this](words from) {
      return from[draws_.below(static_cast<std::uint32_t>(from.size()))];
    };
    form_.name("title");
    form_.quote();
    const auto verb = pick(verbs);
    const auto object = pick(objects);
    const auto audience = pick(audiences);
    auto& text = form_.text();
    text += verb;
    text += ' ';
    text += object;
    text += " for ";
    text += audience;
    form_.quote();
  }

  void add_identity() {
    add_number("work_item_id", static_cast<std::int64_t>(first_id + index_), 0);
    add_title();
    const auto kind = type();
    add_text("work_item_type", to_string(kind));
    add_text("state", to_string(states[draws_.below(states.size())]));
    if (const auto above = parent(kind))
      add_number("parent_id", static_cast<std::int64_t>(first_id + *above), 0);
    else
      form_.missing("parent_id", gap::null);
  }

  void add_estimates() {
    if (has("business_value_raw", 18))
      add_number("business_value_raw", draws_.between(0, 1000), 1);
    if (has("story_points", 15))
      add_number("story_points", points[draws_.below(points.size())], 0);
    if (has("effort_hours", 15))
      add_number("effort_hours", 5 + skewed(2'000), 1);
    if (has("complexity_score", 18))
      add_number("complexity_score", draws_.between(0, 1000), 1);
    if (has("risk_score", 20))
      add_number("risk_score", draws_.between(0, 1000), 1);
  }

  void add_dates() {
    constexpr auto day = 24 * 60;
    const auto created = draws_.between(0, 365 * day);
    form_.name("created_date");
    form_.quote();
    append_time(form_.text(), created);
    form_.quote();
    if (!has("target_date", 18))
      return;
    form_.name("target_date");
    form_.quote();
    append_time(form_.text(), created + draws_.between(30, 330) * day);
    form_.quote();
  }

  void add_path(std::string_view key, std::string_view folder,
                std::int64_t number) {
    form_.name(key);
    form_.quote();
    auto& text = form_.text();
    text += "Portfolio";
    text += Form::path_separator;
    text += folder;
    append_whole(text, number);
    form_.quote();
  }

  void add_places() {
    const auto increment = draws_.between(1, 6);
    add_path("iteration_path", "PI-", increment);
    add_path("area_path", "Team ", draws_.between(1, 12));
    add_number("pi_number", increment, 0);
    add_words("strategy_pillar", pillars, 18);
    form_.name("tags");
    form_.begin_list();
    const auto first = draws_.below(labels.size());
    const auto count = draws_.below(3);
    for (auto i = std::uint32_t{0}; i < count; ++i) {
      if (i != 0)
        form_.separate();
      form_.quote();
      form_.text() += labels[(first + i) % labels.size()];
      form_.quote();
    }
    form_.end_list();
  }

  /// Gaps of custom fields are null or, more often, no key at all.
  bool has_custom(std::string_view key) {
    const auto percent = draws_.below(100);
    if (percent >= 18)
      return true;
    form_.missing(key, percent < 5 ? gap::null : gap::absent);
    return false;
  }

  void add_custom_number(std::string_view key, std::int64_t units,
                         int decimals) {
    if (has_custom(key))
      add_number(key, units, decimals);
  }

  void add_custom_words(std::string_view key, words choices) {
    const auto choice
      = draws_.below(static_cast<std::uint32_t>(choices.size()));
    if (has_custom(key))
      add_text(key, choices[choice]);
  }

  void add_custom_fields() {
    add_custom_number("revenue_impact", skewed(5'000'000), 2);
    add_custom_number("cost_savings", skewed(3'000'000) - 100'000, 2);
    add_custom_words("time_criticality", urgencies);
    add_custom_number("okr_alignment_score", draws_.between(0, 1000), 3);
    add_custom_number("vision_alignment_score", draws_.between(0, 1000), 3);
    add_custom_number("portfolio_balance_score", draws_.between(0, 1000), 3);
    add_custom_number("user_impact_count", skewed(50'000), 0);
    add_custom_words("csat_impact", satisfactions);
    add_custom_words("competitive_impact", advantages);
    add_custom_number("dependency_count", skewed(12), 0);
    add_custom_words("business_risk", business_risks);
    add_custom_words("technical_risk", technical_risks);
    add_custom_words("compliance_risk", urgencies);
  }

  /// Cents of up to `periods` years.
  void add_amounts(std::string_view key, std::uint32_t periods,
                   std::int32_t most) {
    form_.name(key);
    form_.begin_list();
    const auto count = draws_.below(periods + 1);
    for (auto i = std::uint32_t{0}; i < count; ++i) {
      if (i != 0)
        form_.separate();
      append_scaled(form_.text(), skewed(most), 2);
    }
    form_.end_list();
  }

  void add_financial() {
    add_number("initial_investment", skewed(10'000'000), 2);
    add_number("implementation_cost", skewed(2'000'000), 2);
    add_amounts("ongoing_costs", 2, 500'000);
    add_amounts("expected_revenue", 5, 8'000'000);
    add_amounts("cost_savings", 3, 4'000'000);
    add_amounts("productivity_gains", 3, 2'000'000);
    const auto level = draws_.below(risk_levels.size());
    add_text("risk_level", risk_levels[level]);
    add_number("implementation_timeline_months", draws_.between(10, 360), 1);
    add_number("benefit_realization_delay_months", draws_.between(0, 60), 1);
    add_number("cost_of_delay_per_month",
               draws_.chance(50) ? skewed(3'000'000) : 0, 2);
    add_number("quality_improvement_factor", draws_.between(100, 250), 2);
    add_number("discount_rate", draws_.between(5, 15), 2);
  }

  runtime::draw_stream draws_;
  std::uint64_t index_;
  Form form_;
};

} // namespace

std::string portfolio_generator::header() const {
  auto text = std::string{};
  if (format_ == item_format::csv)
    item_maker<header_form>{seed_, 0, text}.make();
  return text;
}

void portfolio_generator::append(std::uint64_t index, std::string& text) const {
  if (format_ == item_format::csv)
    item_maker<csv_form>{seed_, index, text}.make();
  else
    item_maker<json_form>{seed_, index, text}.make();
}

} // namespace troupe::scoring
