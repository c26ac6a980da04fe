// Throughput of the tabular readers and writers on one core, in bytes of text
// per second, on rows like those of workload W4: an id and twenty numbers with
// six decimals.
#include "runtime/tabular/csv_reader.hpp"
#include "runtime/tabular/csv_writer.hpp"
#include "runtime/tabular/jsonl_writer.hpp"

#include <benchmark/benchmark.h>

#include <cstring>

using namespace troupe::runtime;

namespace {

constexpr auto row_count = std::size_t{2'500};
constexpr auto column_count = std::size_t{20};

/// Uniform in [0, 1): the finaliser of splitmix64 over a counter.
double uniform(std::uint64_t counter) {
  auto bits = counter * 0x9E3779B97F4A7C15U;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBU;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

const std::string& table_text() {
  static const auto text = [] {
    auto result = std::string{};
    auto writer = csv_writer{result};
    for (std::size_t row = 0; row < row_count; ++row) {
      writer.integer(static_cast<std::int64_t>(row));
      for (std::size_t column = 0; column < column_count; ++column)
        writer.fixed(uniform(row * column_count + column + 1) * 100
                       * static_cast<double>(column + 1),
                     6);
      writer.end_row();
    }
    return result;
  }();
  return text;
}

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations()
                          * static_cast<std::int64_t>(bytes));
}

void scan_table(benchmark::State& state) {
  const auto& text = table_text();
  for (auto round : state) {
    auto found = scan_state{};
    scan_records(text, record_format::csv,
                 std::numeric_limits<std::size_t>::max(), found);
    benchmark::DoNotOptimize(found);
  }
  count_bytes(state, text.size());
}
BENCHMARK(scan_table);

void split_table(benchmark::State& state) {
  const auto& text = table_text();
  auto chunk = record_chunk{};
  for (auto round : state) {
    auto options = splitter_options{};
    options.bytes_max = std::size_t{1} << 20;
    auto splitter = record_splitter{
      [&text, at = std::size_t{0}](
        std::span<char> target) mutable -> outcome<std::size_t> {
        const auto count = std::min(target.size(), text.size() - at);
        std::memcpy(target.data(), text.data() + at, count);
        at += count;
        return count;
      },
      options};
    while (splitter.next(chunk).value())
      benchmark::DoNotOptimize(chunk.records);
  }
  count_bytes(state, text.size());
}
BENCHMARK(split_table);

void read_table_by_column(benchmark::State& state) {
  const auto chunk = make_chunk(table_text(), record_format::csv);
  auto uses = std::vector<column_use>(column_count + 1, column_use::number);
  uses.front() = column_use::text;
  auto columns = column_set{};
  for (auto round : state) {
    if (!read_columns(chunk, uses, columns))
      state.SkipWithError("refused");
    benchmark::DoNotOptimize(columns.rows);
  }
  count_bytes(state, chunk.size);
}
BENCHMARK(read_table_by_column);

void read_table_by_row(benchmark::State& state) {
  const auto chunk = make_chunk(table_text(), record_format::csv);
  for (auto round : state) {
    auto rows = csv_rows{chunk, column_count + 1};
    while (rows.next().value())
      benchmark::DoNotOptimize(rows.fields().data());
  }
  count_bytes(state, chunk.size);
}
BENCHMARK(read_table_by_row);

void parse_shortest_numbers(benchmark::State& state) {
  auto text = std::string{};
  auto numbers = text_column{};
  for (std::size_t i = 0; i < 10'000; ++i) {
    append_shortest(numbers.characters, uniform(i + 1));
    numbers.offsets.push_back(
      static_cast<std::uint32_t>(numbers.characters.size()));
  }
  for (auto round : state)
    for (std::size_t i = 0; i < numbers.size(); ++i)
      benchmark::DoNotOptimize(parse_number(numbers[i]));
  count_bytes(state, numbers.characters.size());
}
BENCHMARK(parse_shortest_numbers);

/// The output of workload W4: id, five numbers with six decimals, rank.
void write_scores(benchmark::State& state) {
  auto values = std::vector<double>(row_count * 5);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = uniform(i + 1);
  auto text = std::string{};
  for (auto round : state) {
    text.clear();
    auto writer = csv_writer{text};
    for (std::size_t row = 0; row < row_count; ++row) {
      writer.integer(static_cast<std::int64_t>(row));
      for (std::size_t column = 0; column < 5; ++column)
        writer.fixed(values[row * 5 + column], 6);
      writer.integer(static_cast<std::int64_t>(row_count - row)).end_row();
    }
    benchmark::DoNotOptimize(text.data());
  }
  count_bytes(state, text.size());
}
BENCHMARK(write_scores);

void write_shortest_numbers(benchmark::State& state) {
  auto text = std::string{};
  for (auto round : state) {
    text.clear();
    auto writer = csv_writer{text};
    for (std::size_t i = 0; i < 10'000; ++i)
      writer.number(uniform(i + 1));
    benchmark::DoNotOptimize(text.data());
  }
  count_bytes(state, text.size());
}
BENCHMARK(write_shortest_numbers);

void write_json_objects(benchmark::State& state) {
  auto text = std::string{};
  for (auto round : state) {
    text.clear();
    auto writer = jsonl_writer{text};
    for (std::size_t i = 0; i < 10'000; ++i) {
      writer.text("id", "item").text("title", "A title of common length");
      writer.number("total", uniform(i + 1)).end_object();
    }
    benchmark::DoNotOptimize(text.data());
  }
  count_bytes(state, text.size());
}
BENCHMARK(write_json_objects);

} // namespace

BENCHMARK_MAIN();
