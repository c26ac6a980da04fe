#include "runtime/tabular/line_reader.hpp"
#include "runtime/tabular/record_splitter.hpp"
#include "tests/runtime/tabular/sources.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace troupe::runtime;
using namespace troupe::tests;
using namespace std::string_literals;

namespace {

constexpr auto unlimited = std::numeric_limits<std::size_t>::max();

/// Text of quotes, commas, line ends and some letters.
std::string random_text(std::mt19937_64& random, std::size_t size) {
  const auto alphabet = "\"\n,ab\r\xC3\xA9\0"s;
  auto text = std::string{};
  const auto letters = 1 + random() % alphabet.size();
  while (text.size() < size)
    text += alphabet[random() % letters];
  return text;
}

/// Valid CSV of `columns` columns with every kind of field and line end.
std::string random_csv(std::mt19937_64& random, std::size_t columns,
                       std::size_t rows) {
  const auto fields = std::vector<std::string>{"",
                                               "a",
                                               "12.5",
                                               "\"\"",
                                               "\"a,b\"",
                                               "\"\"\"\"",
                                               "\"line\nend\"",
                                               "\"\r\n\"\"x\"\"\"",
                                               "caf\xC3\xA9",
                                               "long text"};
  auto text = std::string{};
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      text += column == 0 ? "" : ",";
      text += fields[random() % fields.size()];
    }
    text += random() % 2 == 0 ? "\n" : "\r\n";
  }
  return text;
}

problem split_problem(std::string text, splitter_options options = {}) {
  auto splitter = record_splitter{text_source(std::move(text)), options};
  auto chunk = record_chunk{};
  while (true) {
    const auto more = splitter.next(chunk);
    if (!more)
      return more.error();
    if (!*more)
      return {};
  }
}

} // namespace

TEST_CASE("the vector scan finds what the plain scan finds") {
  auto random = std::mt19937_64{7};
  for (auto round = 0; round < 4'000; ++round) {
    const auto text = random_text(random, random() % 400);
    const auto format
      = random() % 2 == 0 ? record_format::csv : record_format::jsonl;
    const auto records_max = random() % 3 == 0 ? 1 + random() % 40 : unlimited;
    auto fast = scan_state{};
    auto plain = scan_state{};
    // In two steps, so that a scan also goes on from an odd place.
    const auto first = text.empty() ? 0 : random() % text.size();
    for (const auto size : {first, text.size()}) {
      const auto part = std::string_view{text}.substr(0, size);
      scan_records(part, format, records_max, fast);
      scan_records_plain(part, format, records_max, plain);
    }
    REQUIRE(fast == plain);
  }
}

TEST_CASE("chunks of any size hold the same records") {
  auto random = std::mt19937_64{11};
  for (auto round = 0; round < 20; ++round) {
    const auto columns = 1 + random() % 4;
    auto text = random_csv(random, columns, 12);
    if (round % 2 == 0 && columns > 1)
      text.pop_back(); // The last line may lack its end.
    if (text.ends_with('\r'))
      text.pop_back();
    const auto expected = read_rows(text);
    REQUIRE(expected);
    for (std::size_t size = 1; size <= text.size() + 1; ++size) {
      auto options = splitter_options{};
      options.bytes_max = size;
      CHECK(read_rows(text, options) == expected);
      options.records_max = 1 + size % 5;
      CHECK(read_rows(text, options, 1 + size % 7) == expected);
    }
  }
}

TEST_CASE("chunks know their first record and their first line") {
  auto options = splitter_options{};
  options.records_max = 2;
  auto splitter = record_splitter{
    text_source("a,b\n\"x\ny\",1\nc,2\nd,3\n\"\n\n\",4"), options};
  auto chunk = record_chunk{};
  auto seen = std::vector<std::vector<std::uint64_t>>{};
  while (splitter.next(chunk).value())
    seen.push_back({chunk.first_record, chunk.first_line, chunk.records});
  CHECK(seen
        == std::vector<std::vector<std::uint64_t>>{
          {1, 1, 2}, {3, 4, 2}, {5, 6, 1}});
}

TEST_CASE("a chunk has at most the records asked for") {
  auto splitter = record_splitter{text_source("1\n2\n3\n4\n5\n6\n7\n"), {}};
  auto chunk = record_chunk{};
  REQUIRE(splitter.next(chunk, 1).value());
  CHECK(chunk.text() == "1\n");
  REQUIRE(splitter.next(chunk, 3).value());
  CHECK(chunk.text() == "2\n3\n4\n");
  REQUIRE(splitter.next(chunk).value());
  CHECK(chunk.text() == "5\n6\n7\n");
  CHECK_FALSE(splitter.next(chunk).value());
}

TEST_CASE("a chunk is followed by readable zero bytes") {
  auto options = splitter_options{};
  options.records_max = 1;
  auto splitter = record_splitter{text_source("abc\ndef\n"), options};
  auto chunk = record_chunk{};
  while (splitter.next(chunk).value()) {
    REQUIRE(chunk.bytes.size() >= chunk.size + record_chunk::padding_bytes);
    CHECK(chunk.bytes.substr(chunk.size, record_chunk::padding_bytes)
          == std::string(record_chunk::padding_bytes, '\0'));
  }
}

TEST_CASE("an endless record is refused without reading it all") {
  auto given = std::size_t{0};
  auto options = splitter_options{};
  options.bytes_max = 1 << 10;
  options.record_bytes_max = 1 << 16;
  options.file = "long.csv";
  auto splitter = record_splitter{
    text_source("a\nb\n" + std::string(1 << 24, 'x'), 1 << 20, &given),
    options};
  auto chunk = record_chunk{};
  REQUIRE(splitter.next(chunk).value());
  CHECK(chunk.records == 2);
  const auto reason = problem_of(splitter.next(chunk));
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.file == "long.csv");
  CHECK(reason.line == 3);
  CHECK(given < (1 << 18));
  CHECK(chunk.bytes.size() < (1 << 18));
}

TEST_CASE("a record of exactly the largest size is accepted") {
  for (const auto format : {record_format::csv, record_format::jsonl}) {
    auto options = splitter_options{};
    options.format = format;
    options.bytes_max = 16;
    options.record_bytes_max = 100;
    auto exact = std::string(99, 'x');
    exact += '\n';
    CHECK(split_problem("a\n" + exact + exact + "b\n", options) == problem{});
    CHECK(split_problem(exact + std::string(100, 'x'), options) == problem{});
    CHECK(split_problem(exact + std::string(101, 'x'), options).line == 2);
    CHECK(split_problem(exact + 'x' + exact, options).line == 2);
  }
}

TEST_CASE("an open quote that swallows the file is named as a reason") {
  auto options = splitter_options{};
  options.bytes_max = 64;
  options.record_bytes_max = 256;
  auto text = "a,b\n1,\"x\n"s;
  for (auto row = 0; row < 100; ++row)
    text += "2,3\n";
  const auto reason = split_problem(text, options);
  CHECK(reason.line == 2);
  CHECK(reason.hint.find("quote") != std::string::npos);
}

TEST_CASE("a NUL byte is refused with its place") {
  const auto reason = split_problem("a,b\n1,2\n3,\0\n"s);
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.line == 3);
  CHECK(reason.column == 3);
  auto options = splitter_options{};
  options.format = record_format::jsonl;
  CHECK(split_problem("{}\n{\0}\n"s, options).line == 2);
  options.record_bytes_max = 1 << 16;
  CHECK(split_problem(std::string(1 << 20, '\0'), options).message
        == "NUL byte in the text");
}

TEST_CASE("bytes that are not UTF-8 are refused with their place") {
  auto text = std::string(200, '1');
  text += ",2\n";
  const auto reason = split_problem(text + "caf\xC3\xA9,b\xE9,c\n");
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.line == 2);
  CHECK(reason.column == 8);
  CHECK(reason.hint.find("iconv") != std::string::npos);
}

TEST_CASE("a byte-order mark tells the encoding") {
  CHECK(read_rows("\xEF\xBB\xBF"
                  "a,b\n")
          .value()
        == text_rows{{"a", "b"}});
  for (const auto& text : {"\xFF\xFE"
                           "a\0"s,
                           "\xFE\xFF\0a"s}) {
    const auto reason = split_problem(text);
    CHECK(reason.message == "the file is UTF-16, not UTF-8");
    CHECK(reason.hint.find("iconv") != std::string::npos);
  }
  for (const auto& text : {"\xFF\xFE\0\0a\0\0\0"s, "\0\0\xFE\xFF\0\0\0a"s})
    CHECK(split_problem(text).message == "the file is UTF-32, not UTF-8");
}

TEST_CASE("an empty stream has no records") {
  for (const auto& text : {""s, "\xEF\xBB\xBF"s})
    CHECK(read_rows(text).value().empty());
}

TEST_CASE("a problem of the source is handed on") {
  auto splitter
    = record_splitter{[](std::span<char>) -> outcome<std::size_t> {
                        return fail(problem_kind::unavailable, "gone");
                      },
                      {}};
  auto chunk = record_chunk{};
  CHECK(problem_of(splitter.next(chunk)).message == "gone");
}

TEST_CASE("lines of JSON come without line ends, blank ones not at all") {
  auto options = splitter_options{};
  options.format = record_format::jsonl;
  options.records_max = 3;
  auto splitter = record_splitter{
    text_source("{\"a\":1}\r\n\n  \n{\"b\":\"\\\"\"}\n\n[]"), options};
  auto chunk = record_chunk{};
  auto seen = std::vector<std::pair<std::uint64_t, std::string>>{};
  while (splitter.next(chunk).value())
    for (auto lines = line_cursor{chunk}; lines.next();)
      seen.emplace_back(lines.line(), lines.text());
  CHECK(seen
        == std::vector<std::pair<std::uint64_t, std::string>>{
          {1, "{\"a\":1}"}, {4, "{\"b\":\"\\\"\"}"}, {6, "[]"}});
}

TEST_CASE("a chunk says where in the stream it begins") {
  const auto bom = "\xEF\xBB\xBF"s;
  for (const auto& front : {""s, bom}) {
    auto random = std::mt19937_64{5};
    const auto text = front + random_csv(random, 3, 500);
    auto options = splitter_options{};
    options.bytes_max = 300;
    auto splitter = record_splitter{text_source(text), options};
    auto chunk = record_chunk{};
    auto next = front.size();
    while (splitter.next(chunk).value()) {
      REQUIRE(chunk.first_byte == next);
      REQUIRE(text.substr(next, chunk.size) == chunk.text());
      next += chunk.size;
    }
    CHECK(next == text.size());
  }
}
