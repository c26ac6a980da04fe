#include "actors/simulation/year_row_columns.hpp"

namespace troupe::simulation {

void year_row_columns::make_room(std::size_t rows) {
  if (key.size() >= rows)
    return;
  key.resize(rows);
  pay.resize(rows);
  prorated.resize(rows);
  birth_date.resize(rows);
  hire_date.resize(rows);
  termination_date.resize(rows);
  deferral.resize(rows);
  status.resize(rows);
  level.resize(rows);
  age.resize(rows);
  tenure.resize(rows);
  plan.resize(rows);
}

} // namespace troupe::simulation
