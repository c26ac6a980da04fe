#include "tools/cli/bench_w4.hpp"

#include "actors/scoring/scorer.hpp"
#include "actors/scoring/w4_portfolio.hpp"
#include "runtime/tabular/input_file.hpp"
#include "runtime/tabular/output_file.hpp"
#include "tools/cli/heap.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

namespace troupe::tools {

namespace fs = std::filesystem;

using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;

namespace {

/// Rows of a block in memory: its 20 columns stay in the second-level cache.
constexpr std::size_t block_rows = 16'384;

/// Sum of totals, the best row, and the sum of rank x (row mod 97).
struct checks {
  double sum_total = 0.0;
  std::uint64_t best = 0;
  std::uint64_t rank_check = 0;
};

checks check(const scoring::scoring_result& result) {
  auto to = checks{};
  for (const auto& batch : result.batches) {
    const auto totals = batch.totals.total.doubles();
    const auto ranks = batch.overall_ranks.counts();
    for (std::size_t i = 0; i < totals.size(); ++i) {
      const auto row = batch.first_row + i;
      to.sum_total += totals[i];
      to.rank_check += ranks[i] * (row % 97);
      if (ranks[i] == 1)
        to.best = row;
    }
  }
  return to;
}

void add_checks(json& figures, const scoring::scoring_result& result) {
  const auto sums = check(result);
  figures["n"] = result.items;
  figures["sum_total"] = sums.sum_total;
  figures["best"] = sums.best;
  figures["rank_check"] = sums.rank_check;
}

scoring::scoring_request make_request() {
  auto request = scoring::scoring_request{};
  request.configuration = scoring::make_w4_configuration();
  request.details = false;
  return request;
}

outcome<scoring::scorer> make_scorer(const bench_w4_options& options) {
  auto scorer_options = scoring::scorer_options{};
  scorer_options.workers = options.workers;
  return scoring::scorer::create(std::move(scorer_options));
}

/// Columns in memory to categories, totals and ranks in memory.
outcome<json> score_in_memory(const bench_w4_options& options) {
  auto request = make_request();
  for (std::size_t row = 0; row < options.items; row += block_rows)
    request.blocks.push_back(scoring::pack(
      scoring::make_w4_items(row, std::min(block_rows, options.items - row))));
  auto scorer = make_scorer(options);
  if (!scorer)
    return fail(scorer.error());
  const auto start = seconds_now();
  const auto result = scorer->score(std::move(request));
  const auto end = seconds_now();
  if (!result)
    return fail(result.error());
  auto figures = json{};
  figures["score_s"] = end - start;
  add_checks(figures, *result);
  return figures;
}

/// Records when the source has been read to its end.
class stage_clock {
public:
  explicit stage_clock(std::shared_ptr<scoring::scoring_progress> progress)
    : progress_{std::move(progress)}, watching_{[this](std::stop_token stop) {
        using stage = scoring::scoring_run::stage;
        while (!stop.stop_requested()) {
          const auto now = progress_->stage.load();
          if (now != stage::read && read_end_ == 0.0)
            read_end_ = seconds_now();
          if (now == stage::output && write_start_ == 0.0)
            write_start_ = seconds_now();
          std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
      }} {}

  void stop() {
    watching_.request_stop();
    watching_.join();
  }

  [[nodiscard]] double read_end() const noexcept {
    return read_end_;
  }

  [[nodiscard]] double write_start() const noexcept {
    return write_start_;
  }

private:
  std::shared_ptr<scoring::scoring_progress> progress_;
  double read_end_ = 0.0;
  double write_start_ = 0.0;
  std::jthread watching_;
};

/// A table as CSV to scores as CSV.
outcome<json> score_table(const bench_w4_options& options,
                          const std::string& table) {
  const auto scores = table + ".scores.csv";
  auto scorer = make_scorer(options);
  if (!scorer)
    return fail(scorer.error());
  const auto progress = std::make_shared<scoring::scoring_progress>();
  auto clock = stage_clock{progress};
  const auto start = seconds_now();
  const auto result = scorer->score(w4_request(table, scores), progress);
  const auto end = seconds_now();
  clock.stop();
  auto ignored = std::error_code{};
  fs::remove(scores, ignored);
  if (!result)
    return fail(result.error());
  auto figures = json{};
  figures["csv_s"] = end - start;
  figures["read_s"] = clock.read_end() - start;
  figures["write_s"] = end - clock.write_start();
  add_checks(figures, *result);
  return figures;
}

} // namespace

scoring::scoring_request w4_request(const std::string& table,
                                    const std::string& scores) {
  auto request = make_request();
  request.items = table;
  request.scores = scores;
  request.decimals = 6;
  return request;
}

outcome<std::string> make_w4_table(std::size_t items, const std::string& path) {
  auto file = runtime::output_file::create(path);
  if (!file)
    return fail(file.error());
  auto text = scoring::w4_header();
  for (std::size_t row = 0; row < items; ++row) {
    scoring::append_w4_row(row, text);
    if (text.size() < std::size_t{1} << 20 && row + 1 < items)
      continue;
    if (auto written = file->write(text); !written)
      return fail(written.error());
    text.clear();
  }
  if (auto committed = file->commit(); !committed)
    return fail(committed.error());
  return path;
}

outcome<std::string> find_w4_table(std::size_t items) {
  auto table = (fs::temp_directory_path()
                / ("troupe-w4-" + std::to_string(items) + ".csv"))
                 .string();
  return fs::exists(table) ? table : make_w4_table(items, table);
}

outcome<json> bench_w4(const bench_w4_options& options) {
  prepare_heap_for_columns();
  auto table = options.table;
  if (table.empty()) {
    auto found = find_w4_table(options.items);
    if (!found)
      return fail(found.error());
    table = std::move(*found);
  }
  auto settings = bench_settings{};
  settings.workload = "w4";
  settings.mode = "in-process";
  settings.runs = options.runs;
  settings.settings["items"] = options.items;
  settings.settings["workers"] = options.workers;
  settings.settings["table"] = table;
  return measure(settings, {
                             [&] { return score_in_memory(options); },
                             [&] { return score_table(options, table); },
                           });
}

} // namespace troupe::tools
