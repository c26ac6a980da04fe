#include "runtime/tabular/csv_writer.hpp"

namespace troupe::runtime {

void append_csv_field(std::string& text, std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
    text.append(field);
    return;
  }
  text.push_back('"');
  for (const auto character : field) {
    if (character == '"')
      text.push_back('"');
    text.push_back(character);
  }
  text.push_back('"');
}

void csv_writer::end_row() {
  target_->push_back('\n');
  has_fields_ = false;
}

} // namespace troupe::runtime
