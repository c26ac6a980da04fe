#include "actors/engine/unstored_reports.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace troupe::engine;

namespace {

/// Runs, and how far each is stored.
struct stored_runs {
  std::map<run_number, std::uint64_t> to;

  bool operator()(run_number run, std::uint64_t sequence) const {
    return to.at(run) >= sequence;
  }
};

} // namespace

TEST_CASE("reports are stored once all of their runs are") {
  auto reports = unstored_reports{};
  auto runs = stored_runs{{{1, 3}, {2, 5}}};
  CHECK_FALSE(reports.advance(runs));
  reports.add(7, {{1, 4}, {2, 5}});
  CHECK_FALSE(reports.advance(runs));
  runs.to[1] = 4;
  CHECK(reports.advance(runs) == 7U);
  CHECK_FALSE(reports.advance(runs));
}

TEST_CASE("reports without news are stored behind those before them") {
  auto reports = unstored_reports{};
  auto runs = stored_runs{{{1, 0}, {2, 9}}};
  reports.add(1, {{1, 1}});
  reports.add(2, {});
  reports.add(4, {{2, 9}});
  reports.add(5, {{1, 2}});
  CHECK_FALSE(reports.advance(runs));
  runs.to[1] = 1;
  CHECK(reports.advance(runs) == 4U);
  runs.to[1] = 2;
  CHECK(reports.advance(runs) == 5U);
}
