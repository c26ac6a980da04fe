#include "tools/cli/progress_bar.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <utility>

namespace troupe::tools {

using namespace std::chrono_literals;

std::string with_separators(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0;
       at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string render_progress(const progress_report& report,
                            std::chrono::milliseconds elapsed,
                            std::size_t width) {
  auto line = report.stage;
  line.resize(std::max<std::size_t>(line.size(), 9), ' ');
  if (report.share >= 0.0) {
    const auto share = std::min(report.share, 1.0);
    const auto filled
      = static_cast<std::size_t>(share * static_cast<double>(width));
    line += " [" + std::string(filled, '#') + std::string(width - filled, '.')
            + "] " + std::to_string(static_cast<int>(std::lround(share * 100)))
            + " %";
  }
  line += "  " + with_separators(report.done) + " ";
  line += report.unit;
  // An estimate from less than this is noise.
  if (report.share > 0.02 && report.share < 1.0 && elapsed >= 500ms) {
    const auto total = static_cast<double>(elapsed.count()) / report.share;
    const auto left = (total - static_cast<double>(elapsed.count())) / 1000.0;
    line += "  ETA " + std::to_string(std::lround(std::ceil(left))) + " s";
  }
  return line;
}

progress_bar::progress_bar(std::function<progress_report()> ask)
  : drawing_{[ask = std::move(ask)](std::stop_token stop) {
      auto mutex = std::mutex{};
      auto wake = std::condition_variable_any{};
      auto lock = std::unique_lock{mutex};
      auto start = std::chrono::steady_clock::now();
      auto stage = std::string{};
      auto drawn = false;
      while (!wake.wait_for(lock, stop, 100ms,
                            [&] { return stop.stop_requested(); })) {
        const auto report = ask();
        // A share is one of its stage, so the time has to be.
        if (std::exchange(stage, report.stage) != report.stage)
          start = std::chrono::steady_clock::now();
        const auto elapsed
          = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - start);
        const auto line = render_progress(report, elapsed, 24);
        std::fprintf(stderr, "\r\033[K%s", line.c_str());
        std::fflush(stderr);
        drawn = true;
      }
      if (drawn)
        std::fputs("\r\033[K", stderr);
    }} {}

progress_bar::~progress_bar() = default;

} // namespace troupe::tools
