#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace troupe::tools {

/// How far something is.
struct progress_report {
  std::string stage; ///< "reading", "scoring", ...
  double share = 0.0; ///< 0..1; negative: not known.
  std::uint64_t done = 0;
  std::string_view unit; ///< "items".
};

/// A line of progress, for example
/// "reading  [#######.............]  35 %  350,000 items  ETA 4 s". Pure.
[[nodiscard]] std::string render_progress(const progress_report& report,
                                          std::chrono::milliseconds elapsed,
                                          std::size_t width);

/// Redraws a line on stderr ten times a second, until destroyed. For terminals.
class progress_bar {
public:
  explicit progress_bar(std::function<progress_report()> ask);
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  ~progress_bar();

private:
  std::jthread drawing_;
};

/// 1234567 as "1,234,567".
[[nodiscard]] std::string with_separators(std::uint64_t number);

} // namespace troupe::tools
