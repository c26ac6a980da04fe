#include "runtime/host_load.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <vector>

namespace troupe::runtime {

namespace {

constexpr auto blanks = std::string_view{" \t"};

/// The rest of the line that begins with this.
std::optional<std::string_view> line_after(std::string_view text,
                                           std::string_view beginning) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    if (line.starts_with(beginning))
      return line.substr(beginning.size());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::vector<std::uint64_t> numbers_in(std::string_view text) {
  auto numbers = std::vector<std::uint64_t>{};
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    auto number = std::uint64_t{0};
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{})
      return numbers;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  }
}

outcome<std::string> read_text(const std::string& path) {
  auto file = std::ifstream{path};
  auto text = std::string{std::istreambuf_iterator<char>{file}, {}};
  if (!file || text.empty())
    return fail(problem_kind::unavailable,
                "cannot see how busy the machine is: " + path,
                "leave --cpu-max and --memory-max out");
  return text;
}

} // namespace

std::optional<cpu_times> parse_cpu_times(std::string_view text) {
  const auto line = line_after(text, "cpu ");
  if (!line)
    return std::nullopt;
  // user nice system idle iowait irq softirq steal; what guests use is among
  // the first two.
  constexpr auto idle = std::size_t{3};
  constexpr auto io_wait = std::size_t{4};
  constexpr auto fields_max = std::size_t{8};
  const auto numbers = numbers_in(*line);
  if (numbers.size() <= io_wait)
    return std::nullopt;
  auto times = cpu_times{};
  for (std::size_t i = 0; i < std::min(numbers.size(), fields_max); ++i) {
    times.total += numbers[i];
    times.busy += i == idle || i == io_wait ? 0 : numbers[i];
  }
  return times;
}

std::optional<double> parse_memory_percent(std::string_view text) {
  const auto total = line_after(text, "MemTotal:");
  const auto available = line_after(text, "MemAvailable:");
  if (!total || !available)
    return std::nullopt;
  const auto all = numbers_in(*total);
  const auto free = numbers_in(*available);
  if (all.empty() || free.empty() || all[0] == 0)
    return std::nullopt;
  const auto used = all[0] - std::min(all[0], free[0]);
  return 100.0 * static_cast<double>(used) / static_cast<double>(all[0]);
}

std::optional<double> cpu_percent(const cpu_times& before,
                                  const cpu_times& after) {
  if (after.total <= before.total || after.busy < before.busy)
    return std::nullopt;
  return 100.0 * static_cast<double>(after.busy - before.busy)
         / static_cast<double>(after.total - before.total);
}

outcome<host_load> host_load_reader::read() {
  const auto stat = read_text(folder_ + "/stat");
  const auto meminfo = read_text(folder_ + "/meminfo");
  if (!stat || !meminfo)
    return fail(stat ? meminfo.error() : stat.error());
  const auto times = parse_cpu_times(*stat);
  const auto memory = parse_memory_percent(*meminfo);
  if (!times || !memory)
    return fail(problem_kind::unavailable,
                "cannot see how busy the machine is: " + folder_
                  + " is of an unknown form",
                "leave --cpu-max and --memory-max out");
  auto load = host_load{};
  load.memory_percent = *memory;
  if (before_)
    load.cpu_percent = cpu_percent(*before_, *times);
  before_ = times;
  return load;
}

} // namespace troupe::runtime
