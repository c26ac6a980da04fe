// Throughput of the store on one disk, in rows and in durable transactions per
// second. Every commit is synced, so small figures depend on the disk: the
// argument of `transactions` is how many are waiting, 1 shows the bare disk.
// --store ADDRESS: a database of PostgreSQL in place of a new file; it has to
// be one for tests, as its tables are emptied.
#include "runtime/store/store_writer.hpp"
#include "runtime/store/transactions.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

using namespace troupe;
using namespace troupe::runtime;

namespace {

constexpr auto row_count = std::size_t{50'000};

/// As the command line gives it; empty: a new file.
std::string& store_address() {
  static auto address = std::string{};
  return address;
}

/// A store in a folder of its own, gone at the end. Set TMPDIR to choose the
/// disk.
class bench_store {
public:
  bench_store() {
    auto name = (std::filesystem::temp_directory_path() / "troupe-bench-XXXXXX")
                  .string();
    if (::mkdtemp(name.data()) == nullptr)
      std::abort();
    folder_ = name;
    auto options = store_options{};
    options.path
      = store_address().empty() ? name + "/store.db" : store_address();
    auto opened = store_writer::open(
      options,
      {{"bench", 1,
        "CREATE TABLE event (id INTEGER PRIMARY KEY, body TEXT NOT NULL);"
        "CREATE TABLE score (run INTEGER, item INTEGER, name TEXT, a REAL, "
        "b REAL, c REAL, d REAL, e REAL, rank INTEGER, flag INTEGER);"}},
      {});
    if (!opened) {
      std::cerr << render(opened.error()) << '\n';
      std::abort();
    }
    writer_ = std::move(*opened);
    auto request = write_request{};
    for (const auto* table : {"event", "score"})
      add_statement(request.transaction, "DELETE FROM " + std::string{table});
    if (!writer_->commit({&request, 1}).front())
      std::abort();
  }

  bench_store(const bench_store&) = delete;
  bench_store& operator=(const bench_store&) = delete;

  ~bench_store() {
    writer_.reset();
    auto ignored = std::error_code{};
    std::filesystem::remove_all(folder_, ignored);
  }

  void commit(benchmark::State& state, std::span<const write_request> group) {
    for (const auto& result : writer_->commit(group))
      if (!result)
        state.SkipWithError(result.error().text.c_str());
  }

private:
  std::filesystem::path folder_;
  std::optional<store_writer> writer_;
};

/// Ten columns: integers, doubles and a short text.
messages::column_block make_rows() {
  auto items = std::vector<std::int64_t>(row_count);
  auto reals = std::vector<double>(row_count);
  auto ranks = std::vector<std::uint32_t>(row_count);
  auto offsets = std::vector<std::uint32_t>{0};
  auto names = std::string{};
  for (std::size_t row = 0; row < row_count; ++row) {
    items[row] = static_cast<std::int64_t>(row);
    reals[row] = static_cast<double>(row) * 1.25;
    ranks[row] = static_cast<std::uint32_t>(row_count - row);
    names += "item-" + std::to_string(row);
    offsets.push_back(static_cast<std::uint32_t>(names.size()));
  }
  const auto real = messages::column{reals};
  return messages::column_block{
    {messages::column{items}, messages::column{offsets, names}, real, real,
     real, real, real, messages::column{ranks},
     messages::column{std::vector<std::uint8_t>(row_count, 1)}}};
}

void rows_of_ten_columns(benchmark::State& state) {
  auto store = bench_store{};
  auto request = write_request{{}, make_rows()};
  add_row_statement(request.transaction,
                    "INSERT INTO score VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                    "?9, ?10)",
                    {}, {std::int64_t{1}});
  for ([[maybe_unused]] auto round : state)
    store.commit(state, {&request, 1});
  state.SetItemsProcessed(state.iterations()
                          * static_cast<std::int64_t>(row_count));
}

void transactions(benchmark::State& state) {
  auto store = bench_store{};
  auto request = write_request{};
  add_statement(request.transaction, "INSERT INTO event (body) VALUES (?1)",
                {std::string(200, 'x')});
  const auto group = std::vector<write_request>(
    static_cast<std::size_t>(state.range(0)), request);
  for ([[maybe_unused]] auto round : state)
    store.commit(state, group);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

} // namespace

BENCHMARK(rows_of_ten_columns)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(transactions)
  ->Arg(1)
  ->Arg(64)
  ->Arg(512)
  ->UseRealTime()
  ->Unit(benchmark::kMillisecond);

int main(int count, char** arguments) {
  benchmark::Initialize(&count, arguments);
  if (count == 3 && std::string{arguments[1]} == "--store") {
    store_address() = arguments[2];
  } else if (count != 1) {
    std::cerr << "usage: store_bench [--store ADDRESS]\n";
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
