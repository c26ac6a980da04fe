#pragma once

#include "actors/simulation/event_columns.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/year_plan.hpp"
#include "actors/simulation/year_row_columns.hpp"

#include <array>
#include <string>
#include <string_view>

namespace troupe::simulation {

/// Header lines, with their line ends.
inline constexpr auto events_csv_header = std::string_view{
  "year,employee_id,key,event_type,effective_date,amount_cents,previous_cents,"
  "level_id,age,tenure,age_band,tenure_band,probability_ppm\n"};
inline constexpr auto rows_csv_header = std::string_view{
  "year,employee_id,key,birth_date,hire_date,termination_date,status,level_id,"
  "compensation_cents,prorated_cents,age,tenure,enrolled,deferral_ppm\n"};

/// One year as lines of CSV, without headers.
class year_text {
public:
  /// Both must outlive it.
  year_text(const year_plan& plan, const person_ids& ids);

  void append_events(std::string& text, const event_columns& events) const;
  void append_rows(std::string& text, const year_row_columns& rows) const;

private:
  using date_text = std::array<char, 10>;

  [[nodiscard]] char* write_event(char* to, const event& one,
                                  person_ids::cursor& ids) const;
  [[nodiscard]] char* write_row(char* to, const year_row& row,
                                person_ids::cursor& ids) const;

  const year_plan* plan_;
  const person_ids* ids_;
  std::string year_;
  /// Of each day of the year.
  std::array<date_text, 366> dates_;
};

} // namespace troupe::simulation
