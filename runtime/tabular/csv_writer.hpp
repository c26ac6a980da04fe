#pragma once

#include "runtime/tabular/numbers.hpp"

#include <array>
#include <cstddef>
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
    std::array<char, number_bytes_max + 1> field;
    return add(field.data(), format_shortest(field.data() + 1, value));
  }

  csv_writer& fixed(double value, int decimals) {
    std::array<char, number_bytes_max + 1> field;
    return add(field.data(), format_fixed(field.data() + 1, value, decimals));
  }

  csv_writer& integer(std::int64_t value) {
    std::array<char, number_bytes_max + 1> field;
    return add(field.data(), format_integer(field.data() + 1, value));
  }

  /// A field without content.
  csv_writer& empty() {
    separate();
    return *this;
  }

  void end_row();

private:
  /// Adds a field behind the room for a comma: one append instead of two.
  csv_writer& add(char* comma, const char* end) {
    *comma = ',';
    const auto* begin = has_fields_ ? comma : comma + 1;
    target_->append(begin, static_cast<std::size_t>(end - begin));
    has_fields_ = true;
    return *this;
  }

  void separate() {
    if (has_fields_)
      target_->push_back(',');
    has_fields_ = true;
  }

  std::string* target_;
  bool has_fields_ = false;
};

} // namespace troupe::runtime
