#include "runtime/metrics/process_metrics.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::runtime;

namespace {

const auto process_stat = std::string{
  "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 250 150 7 8 20 0 3 0 1000 "
  "8192000 50 18446744073709551615 1 1 0\n"};
const auto machine_stat
  = std::string{"cpu 1 2 3\nintr 5\nbtime 1700000000\nprocesses 9\n"};

} // namespace

TEST_CASE("figures are read whatever the program is called") {
  const auto figures
    = parse_process_figures(process_stat, machine_stat, {100.0, 4096});
  REQUIRE(figures);
  CHECK(figures->cpu_seconds == 4.0);
  CHECK(figures->threads == 3);
  CHECK(figures->start_time_seconds == 1'700'000'010.0);
  CHECK(figures->virtual_bytes == 8'192'000);
  CHECK(figures->resident_bytes == 50 * 4096);
}

TEST_CASE("a text that is no /proc file gives no figures") {
  CHECK_FALSE(parse_process_figures("", machine_stat, {}));
  CHECK_FALSE(parse_process_figures("42 (a) S 1 2", machine_stat, {}));
  CHECK_FALSE(parse_process_figures(process_stat, "cpu 1\n", {}));
  CHECK_FALSE(parse_process_figures(process_stat, "cpu\nbtime x\n", {}));
  for (auto size = std::size_t{0}; size < 60; ++size)
    CHECK_FALSE(
      parse_process_figures(process_stat.substr(0, size), machine_stat, {}));
}

TEST_CASE("this process has figures") {
  const auto figures = read_process_figures();
  REQUIRE(figures);
  CHECK(figures->resident_bytes > 0);
  CHECK(figures->virtual_bytes >= figures->resident_bytes);
  CHECK(figures->threads >= 1);
  CHECK(figures->open_files >= 3);
  CHECK(figures->open_files_max >= figures->open_files);
  CHECK(figures->start_time_seconds > 1e9);
}

TEST_CASE("process metrics follow the figures under standard names") {
  auto registry = metrics_registry{};
  auto shown = process_metrics{registry};
  auto figures = process_figures{};
  figures.resident_bytes = 4096;
  figures.cpu_seconds = 1.5;
  figures.open_files = 7;
  shown.update(figures);
  figures.cpu_seconds = 2.0;
  shown.update(figures);
  const auto text = registry.render();
  CHECK(text.find("\nprocess_resident_memory_bytes 4096\n")
        != std::string::npos);
  CHECK(text.find("\nprocess_cpu_seconds_total 2\n") != std::string::npos);
  CHECK(text.find("\nprocess_open_fds 7\n") != std::string::npos);
  CHECK(text.find("\nprocess_start_time_seconds 0\n") != std::string::npos);
}
