#include "actors/simulation/year_row_columns.hpp"

namespace troupe::simulation {

namespace {

void make_room(year_row_columns& columns, std::size_t rows) {
  if (columns.key.size() >= rows)
    return;
  columns.key.resize(rows);
  columns.pay.resize(rows);
  columns.prorated.resize(rows);
  columns.birth_date.resize(rows);
  columns.hire_date.resize(rows);
  columns.termination_date.resize(rows);
  columns.deferral.resize(rows);
  columns.status.resize(rows);
  columns.level.resize(rows);
  columns.age.resize(rows);
  columns.tenure.resize(rows);
  columns.plan.resize(rows);
}

} // namespace

year_row_writer::year_row_writer(year_row_columns& columns, people& next,
                                 std::size_t rows_max)
  : columns_{&columns}, next_{&next} {
  make_room(columns, rows_max);
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

void year_row_writer::finish() {
  columns_->count = count_;
  next_->resize(stay_);
}

} // namespace troupe::simulation
