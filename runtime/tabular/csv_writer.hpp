#pragma once

#include "runtime/tabular/numbers.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// Appends a field, in quotes only when it holds a comma, a quote or a line
/// end.
void append_csv_field(std::string& text, std::string_view field);

/// Appends rows of CSV to a string that the caller owns and hands on when it is
/// large enough. Lines end in LF.
class csv_writer {
public:
  explicit csv_writer(std::string& target) noexcept : target_{&target} {}

  csv_writer& text(std::string_view value) {
    separate();
    append_csv_field(*target_, value);
    return *this;
  }

  csv_writer& number(double value) {
    separate();
    append_shortest(*target_, value);
    return *this;
  }

  csv_writer& fixed(double value, int decimals) {
    separate();
    append_fixed(*target_, value, decimals);
    return *this;
  }

  csv_writer& integer(std::int64_t value) {
    separate();
    append_integer(*target_, value);
    return *this;
  }

  /// A field without content.
  csv_writer& empty() {
    separate();
    return *this;
  }

  void end_row();

private:
  void separate() {
    if (has_fields_)
      target_->push_back(',');
    has_fields_ = true;
  }

  std::string* target_;
  bool has_fields_ = false;
};

} // namespace troupe::runtime
