// How long one item takes from request to disk: a thousand requests one after
// another to a real_time_scorer, against a run of ten thousand items. Prints
// the median and the 99th percentile in milliseconds. Every request waits for
// the disk: set TMPDIR to choose it.
//
//     real_time_bench [requests] [items]
#include "actors/scoring/real_time_scorer.hpp"
#include "actors/scoring/scorer.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/ids.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::scoring;

namespace {

using milliseconds = std::chrono::duration<double, std::milli>;

class bench_folder {
public:
  bench_folder() {
    auto name = (std::filesystem::temp_directory_path() / "troupe-bench-XXXXXX")
                  .string();
    if (::mkdtemp(name.data()) == nullptr)
      std::abort();
    path_ = name;
  }

  bench_folder(const bench_folder&) = delete;
  bench_folder& operator=(const bench_folder&) = delete;

  ~bench_folder() {
    auto ignored = std::error_code{};
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string operator/(const char* name) const {
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

/// The value, or the end of the program with the reason.
template <class T>
T value_of(runtime::outcome<T> outcome) {
  if (outcome)
    return std::move(*outcome);
  std::fprintf(stderr, "%s\n", runtime::render(outcome.error()).c_str());
  std::exit(1);
}

/// An item with a value for most criteria of the default configuration.
std::string make_item(std::uint64_t id, std::mt19937_64& random) {
  const auto number
    = [&](std::uint64_t below) { return std::to_string(random() % below); };
  return "{\"work_item_id\":" + std::to_string(id)
         + ",\"title\":\"item\",\"business_value_raw\":" + number(100)
         + ",\"story_points\":" + number(40) + ",\"complexity_score\":"
         + number(100) + ",\"risk_score\":" + number(100)
         + ",\"strategy_pillar\":\"Innovation\",\"custom_fields\":{"
           "\"revenue_impact\":"
         + number(1'000'000) + ",\"cost_savings\":" + number(100'000)
         + ",\"user_impact_count\":" + number(10'000)
         + ",\"dependency_count\":" + number(10)
         + ",\"business_risk\":\"Low\"},\"financial\":{"
           "\"initial_investment\":"
         + number(100'000) + ",\"expected_revenue\":[" + number(90'000) + ","
         + number(90'000) + "]}}\n";
}

void score_portfolio(const std::string& store, const std::string& items,
                     std::size_t count) {
  auto random = std::mt19937_64{7};
  auto file = std::ofstream{items};
  for (std::size_t i = 0; i < count; ++i)
    file << make_item(i + 1, random);
  file.close();
  auto options = scorer_options{};
  options.store = store;
  auto scorer = value_of(scorer::create(options));
  auto request = scoring_request{};
  request.configuration = default_configuration();
  request.items = items;
  value_of(scorer.score(std::move(request)));
}

/// Milliseconds of each request, one after another, in ascending order.
std::vector<double> measure_real_time(std::size_t requests,
                                      const std::string& store_path) {
  auto system = runtime::local_system{{.threads = 2}};
  auto store_options = runtime::store_options{};
  store_options.path = store_path;
  const auto store
    = value_of(runtime::spawn_store(*system, store_options, scoring_schema()));
  auto time = runtime::real_clock{};
  auto ids = runtime::uuid_generator{time};
  auto options = real_time_scorer_options{};
  options.basis
    = value_of(load_real_time_basis(store_path, default_configuration()));
  options.store = store;
  options.now = [&] { return time.now(); };
  options.next_run = [&] { return to_string(ids.next()); };
  const auto scorer = spawn_real_time_scorer(*system, std::move(options));
  auto elapsed = std::vector<double>{};
  auto random = std::mt19937_64{11};
  auto self = caf::scoped_actor{*system};
  for (std::size_t i = 0; i < requests; ++i) {
    auto command = messages::ScoreItems{};
    command.set_items(make_item(i + 1, random));
    const auto start = std::chrono::steady_clock::now();
    self->request(scorer, std::chrono::seconds{30}, std::move(command))
      .receive([](const messages::ItemScores&) {},
               [&](const caf::error& error) {
                 value_of<int>(
                   runtime::fail(runtime::to_problem(error, *system)));
               });
    elapsed.push_back(
      milliseconds{std::chrono::steady_clock::now() - start}.count());
  }
  self->send_exit(scorer, caf::exit_reason::user_shutdown);
  self->send_exit(store, caf::exit_reason::user_shutdown);
  self->wait_for(scorer, store);
  std::sort(elapsed.begin(), elapsed.end());
  return elapsed;
}

std::size_t argument(int count, char** values, int at, std::size_t absent) {
  const auto given = count > at ? std::strtoul(values[at], nullptr, 10) : 0;
  return given == 0 ? absent : given;
}

} // namespace

int main(int count, char** values) {
  const auto requests = argument(count, values, 1, 1'000);
  const auto items = argument(count, values, 2, 10'000);
  const auto folder = bench_folder{};
  score_portfolio(folder / "store.db", folder / "items.jsonl", items);
  const auto elapsed = measure_real_time(requests, folder / "store.db");
  std::printf("%zu requests against %zu items: p50 %.2f ms, p99 %.2f ms, "
              "most %.2f ms\n",
              requests, items, elapsed[elapsed.size() / 2],
              elapsed[(elapsed.size() * 99 - 1) / 100], elapsed.back());
  return 0;
}
