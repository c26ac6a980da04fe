#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/scenario.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// Later than every day: the last day of who stays.
inline constexpr day_number no_day = std::numeric_limits<day_number>::max();

enum class year_status : std::uint8_t {
  continuous_active,
  experienced_termination,
  new_hire_active,
  new_hire_termination,
};

/// As in snapshots.csv, by year_status.
inline constexpr auto year_status_words
  = std::array<std::string_view, 4>{"continuous_active",
                                    "experienced_termination",
                                    "new_hire_active", "new_hire_termination"};

/// One person on 31 December.
struct year_row {
  std::uint64_t key = 0;
  cents pay = 0;
  cents prorated = 0;
  day_number birth_date = 0;
  day_number hire_date = 0;
  /// The last paid day, or no_day.
  day_number termination_date = no_day;
  std::int32_t deferral = 0;
  year_status status = year_status::continuous_active;
  std::uint8_t level = 0;
  /// On 1 January.
  std::uint8_t age = 0;
  std::uint8_t tenure = 0;
  enrollment plan = enrollment::none;

  [[nodiscard]] bool is_active() const noexcept {
    return termination_date == no_day;
  }

  friend bool operator==(const year_row&, const year_row&) = default;
};

/// Rows of a block by key. The columns may be longer than `count`, as those of
/// event_columns.
struct year_row_columns {
  std::size_t count = 0;
  std::vector<std::uint64_t> key;
  std::vector<cents> pay;
  std::vector<cents> prorated;
  std::vector<day_number> birth_date;
  std::vector<day_number> hire_date;
  std::vector<day_number> termination_date;
  std::vector<std::int32_t> deferral;
  std::vector<year_status> status;
  std::vector<std::uint8_t> level;
  std::vector<std::uint8_t> age;
  std::vector<std::uint8_t> tenure;
  std::vector<enrollment> plan;

  /// The columns get at least so many entries.
  void make_room(std::size_t rows);

  [[nodiscard]] year_row operator[](std::size_t at) const {
    return {.key = key[at],
            .pay = pay[at],
            .prorated = prorated[at],
            .birth_date = birth_date[at],
            .hire_date = hire_date[at],
            .termination_date = termination_date[at],
            .deferral = deferral[at],
            .status = status[at],
            .level = level[at],
            .age = age[at],
            .tenure = tenure[at],
            .plan = plan[at]};
  }
};

/// Writes rows over what the columns held, and of those who stay also the
/// people of the next year. See event_writer for why all is in the header.
class year_row_writer {
public:
  /// There will be at most so many.
  year_row_writer(year_row_columns& columns, people& next, std::size_t rows_max)
    : columns_{&columns}, next_{&next} {
    columns.make_room(rows_max);
    next.resize(rows_max);
    key_ = columns.key.data();
    pay_ = columns.pay.data();
    prorated_ = columns.prorated.data();
    birth_date_ = columns.birth_date.data();
    hire_date_ = columns.hire_date.data();
    termination_date_ = columns.termination_date.data();
    deferral_ = columns.deferral.data();
    status_ = columns.status.data();
    level_ = columns.level.data();
    age_ = columns.age.data();
    tenure_ = columns.tenure.data();
    plan_ = columns.plan.data();
    next_key_ = next.key.data();
    next_birth_date_ = next.birth_date.data();
    next_hire_date_ = next.hire_date.data();
    next_pay_ = next.pay.data();
    next_deferral_ = next.deferral.data();
    next_level_ = next.level.data();
    next_plan_ = next.plan.data();
  }

  void add(const year_row& row) noexcept {
    key_[count_] = row.key;
    pay_[count_] = row.pay;
    prorated_[count_] = row.prorated;
    birth_date_[count_] = row.birth_date;
    hire_date_[count_] = row.hire_date;
    termination_date_[count_] = row.termination_date;
    deferral_[count_] = row.deferral;
    status_[count_] = row.status;
    level_[count_] = row.level;
    age_[count_] = row.age;
    tenure_[count_] = row.tenure;
    plan_[count_] = row.plan;
    ++count_;
    // Without a branch: overwritten by the next unless this one stays.
    next_key_[stay_] = row.key;
    next_birth_date_[stay_] = row.birth_date;
    next_hire_date_[stay_] = row.hire_date;
    next_pay_[stay_] = row.pay;
    next_deferral_[stay_] = row.deferral;
    next_level_[stay_] = row.level;
    next_plan_[stay_] = row.plan;
    stay_ += std::size_t{row.is_active()};
  }

  /// To be called once, at the end.
  void finish() {
    columns_->count = count_;
    next_->resize(stay_);
  }

private:
  year_row_columns* columns_;
  people* next_;
  std::size_t count_ = 0;
  std::size_t stay_ = 0;
  std::uint64_t* key_;
  cents* pay_;
  cents* prorated_;
  day_number* birth_date_;
  day_number* hire_date_;
  day_number* termination_date_;
  std::int32_t* deferral_;
  year_status* status_;
  std::uint8_t* level_;
  std::uint8_t* age_;
  std::uint8_t* tenure_;
  enrollment* plan_;
  std::uint64_t* next_key_;
  day_number* next_birth_date_;
  day_number* next_hire_date_;
  cents* next_pay_;
  std::int32_t* next_deferral_;
  std::uint8_t* next_level_;
  enrollment* next_plan_;
};

} // namespace troupe::simulation
