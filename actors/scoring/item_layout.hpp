#pragma once

#include "actors/scoring/item_reader.hpp"
#include "actors/scoring/item_source.hpp"
#include "actors/scoring/value_rules.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// What an item says about itself, beside its criteria.
enum class item_field : std::size_t {
  work_item_id,
  title,
  parent_id,
  work_item_type,
  state,
  story_points,
  complexity_score,
  risk_score,
};

inline constexpr std::size_t item_field_count
  = static_cast<std::size_t>(item_field::risk_score) + 1;

/// "work_item_id", "title", ...
[[nodiscard]] std::string_view to_string(item_field field) noexcept;

/// One item on its way from bytes to columns; reused from item to item.
struct item_row {
  /// One per place of the layout.
  std::vector<raw_value> slots;
  bool has_financial = false;
  financial_record financial;
  std::size_t line = 0;
  // Scratch of `item_layout::append`.
  std::string id;
  std::string parent;
  std::vector<double> numbers;
};

/// Which places of an item are wanted, and what becomes of the values found
/// there: the part of reading that all formats share. Immutable.
class item_layout {
public:
  /// For the failures see item_reader::create.
  [[nodiscard]] static runtime::outcome<item_layout>
  create(const scoring_plan& plan, const item_reader_options& options);

  /// Distinct places; `item_row::slots` has the value of each.
  [[nodiscard]] const std::vector<source_path>& places() const noexcept {
    return places_;
  }

  /// Where the financial record is embedded; no keys: nowhere.
  [[nodiscard]] const source_path& financial_place() const noexcept {
    return financial_place_;
  }

  [[nodiscard]] const item_reader_options& options() const noexcept {
    return options_;
  }

  [[nodiscard]] rule_set rules() const noexcept {
    return rules_;
  }

  /// A row with all slots absent.
  [[nodiscard]] item_row make_row() const;

  /// An empty reading with all its columns.
  [[nodiscard]] item_reading make_reading() const;

  /// Forgets the previous item.
  static void reset(item_row& row, std::size_t line);

  /// Applies the rules to a row and adds it to the columns; on a problem the
  /// columns stay as they were.
  [[nodiscard]] runtime::outcome<void> append(item_row& row,
                                              item_reading& reading) const;

  /// The id of a row as far as it is known, for reports.
  [[nodiscard]] std::string known_id(const item_row& row) const;

  /// A problem with file and line; `key` as in the source.
  [[nodiscard]] runtime::problem problem_at(std::size_t line,
                                            std::string message,
                                            std::string key,
                                            std::string hint) const;

  /// Where everything is when an item is an id and plain numbers: the slot of
  /// the id, and the slot of each criterion.
  struct plain_slots {
    std::size_t id = 0;
    std::vector<std::size_t> criteria;
  };

  /// Nothing if the plan or the options ask for more than that.
  [[nodiscard]] std::optional<plain_slots> find_plain_slots() const;

  /// Makes a reading of plain items, as `append` would row by row: texts of the
  /// ids, a column per criterion, and the line of the first item (one line per
  /// item). Nothing if an id or a number needs a closer look.
  [[nodiscard]] std::optional<item_reading>
  make_plain_reading(text_list ids, std::vector<std::vector<double>> values,
                     std::size_t first_line) const;

  /// What is wrong if only these places can ever be found, by slot; nothing if
  /// that will do.
  [[nodiscard]] std::optional<runtime::problem>
  check_presence(const std::vector<bool>& is_present) const;

private:
  struct field_plan {
    std::string spelling;
    std::vector<std::size_t> slots; // Empty: not read.
  };

  struct criterion_plan {
    reading_rule rule;
    std::optional<std::size_t> slot; // None: never found.
    missing_policy missing;
    std::string spelling;
  };

  explicit item_layout(item_reader_options options)
    : options_{std::move(options)} {}

  [[nodiscard]] std::size_t slot_of(const source_path& path);
  [[nodiscard]] runtime::outcome<void> add_fields(const scoring_plan& plan);
  [[nodiscard]] runtime::outcome<void> add_criteria(const scoring_plan& plan);

  [[nodiscard]] const field_plan& plan_of(item_field field) const noexcept {
    return fields_[static_cast<std::size_t>(field)];
  }

  [[nodiscard]] runtime::outcome<bool>
  take_text(const item_row& row, item_field field, std::string& text) const;
  [[nodiscard]] runtime::outcome<std::string_view>
  take_title(const item_row& row) const;
  [[nodiscard]] runtime::outcome<std::uint8_t>
  take_word(const item_row& row, item_field field) const;
  [[nodiscard]] double take_number(const item_row& row, item_field field) const;
  [[nodiscard]] runtime::outcome<void> take_values(item_row& row) const;
  [[nodiscard]] runtime::outcome<const financial_figures*>
  take_financials(const item_row& row, financial_figures& own) const;
  void append_values(const item_row& row, const financial_figures* figures,
                     item_reading& reading) const;

  item_reader_options options_;
  rule_set rules_ = rule_set::standard;
  std::vector<source_path> places_;
  source_path financial_place_;
  std::array<field_plan, item_field_count> fields_;
  std::vector<criterion_plan> criteria_;
};

} // namespace troupe::scoring
