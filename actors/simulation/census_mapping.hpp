#pragma once

#include "actors/simulation/checked.hpp"
#include "actors/simulation/scenario.hpp"
#include "runtime/config/yaml_document.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::simulation {

/// How a column tells when somebody was born.
enum class birth_form : std::uint8_t {
  date,
  /// Completed years in the year of the census: born on 1 January.
  age,
};

/// How a column tells when somebody was hired.
enum class hire_form : std::uint8_t {
  date,
  /// Completed years in the year of the census: hired on 1 January.
  years,
};

enum class pay_unit : std::uint8_t { whole_cents, units };
enum class pay_period : std::uint8_t { annual, monthly };

enum class deferral_unit : std::uint8_t {
  /// Parts per million of the pay.
  per_million,
  /// 0.04 is 4 %.
  share,
  /// 4 is 4 %.
  percent,
};

/// A column that a file may lack unless it is needed.
struct extra_column {
  std::string name;
  bool is_needed = false;
};

/// Only rows whose column has this text are staff.
struct staff_filter {
  std::string column;
  std::string equals;
};

/// Which columns of a file tell what; as it stands, those of our own censuses.
struct census_mapping {
  std::string id = "employee_id";
  /// Absent: keys are derived from the ids.
  std::optional<extra_column> key = extra_column{"key", false};
  std::string birth = "birth_date";
  birth_form birth_as = birth_form::date;
  std::string hire = "hire_date";
  hire_form hire_as = hire_form::date;
  /// Empty: the level follows from the pay.
  std::string level = "level_id";
  /// The yearly pay from which levels 2 to 5 begin, ascending.
  std::vector<cents> level_pay_from;
  std::string pay = "compensation_cents";
  pay_unit pay_in = pay_unit::whole_cents;
  pay_period pay_per = pay_period::annual;
  /// The pay of people hired in the year of the census is what they got since:
  /// it counts times 365 by the days they worked.
  bool is_annualised = false;
  /// Absent: nobody is enrolled.
  std::optional<std::string> deferral = "deferral_ppm";
  deferral_unit deferral_in = deferral_unit::per_million;
  /// Who left in the year of the census or before is no staff.
  std::optional<extra_column> termination
    = extra_column{"employee_termination_date", false};
  std::optional<staff_filter> staff;
};

/// Reads a mapping for a file of other columns. Nothing of the mapping of our
/// own censuses is left in it: what it does not name is absent.
[[nodiscard]] checked<census_mapping>
parse_census_mapping(const runtime::yaml_document& document);

[[nodiscard]] checked<census_mapping>
read_census_mapping(const std::string& path);

} // namespace troupe::simulation
