#include "runtime/tabular/csv_reader.hpp"
#include "tests/runtime/tabular/sources.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <random>

using namespace troupe::runtime;
using namespace troupe::tests;
using namespace std::string_literals;

namespace {

struct place {
  std::size_t line;
  std::size_t column;

  friend bool operator==(const place&, const place&) = default;
};

std::ostream& operator<<(std::ostream& out, const place& at) {
  return out << at.line << ':' << at.column;
}

/// Where reading the rows stops; also checks that reading by column stops there
/// too, with the same words.
place refusal(const std::string& text, std::size_t columns = 3) {
  const auto chunk = make_chunk(text, record_format::csv);
  auto rows = csv_rows{chunk, columns};
  auto row = rows.next();
  while (row && *row)
    row = rows.next();
  REQUIRE_FALSE(row);
  CHECK(row.error().kind == problem_kind::invalid_input);
  auto set = column_set{};
  for (const auto use : {column_use::skip, column_use::text}) {
    const auto uses = std::vector<column_use>(columns, use);
    const auto read = read_columns(chunk, uses, set);
    REQUIRE_FALSE(read);
    CHECK(render(read.error()) == render(row.error()));
  }
  return {row.error().line, row.error().column};
}

problem header_refusal(std::string text) {
  auto options = splitter_options{};
  options.file = "t.csv";
  return problem_of(csv_reader::open(text_source(std::move(text)), options));
}

} // namespace

TEST_CASE("quotes enclose commas, line ends and doubled quotes") {
  CHECK(
    read_rows("\"a,b\",\"c\nd\",\"e\r\nf\",\"g\"\"h\",\"\"\"\",\"\"\n").value()
    == text_rows{{"a,b", "c\nd", "e\r\nf", "g\"h", "\"", ""}});
}

TEST_CASE("blanks belong to the field") {
  CHECK(read_rows(" a ,\tb\n").value() == text_rows{{" a ", "\tb"}});
}

TEST_CASE("line ends may be LF, CRLF or, for the last line, absent") {
  const auto expected = text_rows{{"a", "b"}, {"c", "d"}};
  for (const auto* text :
       {"a,b\nc,d\n", "a,b\r\nc,d\r\n", "a,b\nc,d", "a,b\r\nc,d"})
    CHECK(read_rows(text).value() == expected);
}

TEST_CASE("an empty line is one empty field") {
  CHECK(read_rows("\n\n").value() == text_rows{{""}, {""}});
  CHECK(refusal("1,2,3\n\n4,5,6\n") == place{2, 1});
}

TEST_CASE("broken quoting is refused at its line and column") {
  CHECK(refusal("1,2,3\n4,5\"6,7\n") == place{2, 4});
  CHECK(refusal("1,\"2\"x,3\n") == place{1, 6});
  CHECK(refusal("1,\"2\" ,3\n") == place{1, 6});
  CHECK(refusal("\"a\nb\",2,3\n1,\"never,closed\n") == place{3, 3});
}

TEST_CASE("rows with too many or too few fields are refused at their line") {
  CHECK(refusal("1,2,3\n1,2,3,4\n") == place{2, 1});
  CHECK(refusal("\"a\nb\",2,3\n1,2\n") == place{3, 1});
  CHECK(refusal("1,2,3,") == place{1, 1});
  CHECK(refusal("x\n\n\n,\n", 1) == place{4, 1});
}

TEST_CASE("a carriage return needs its line feed") {
  CHECK(refusal("a,b,c\r1,2,3\r") == place{1, 6});
  CHECK(refusal("a,b,c\r") == place{1, 6});
  CHECK(refusal("a,b,\"c\"\rd\n") == place{1, 8});
}

TEST_CASE("rows know their line and their number") {
  auto chunk = make_chunk("a\n\"b\nc\n\"\nd\n", record_format::csv);
  chunk.first_line = 10;
  chunk.first_record = 5;
  auto rows = csv_rows{chunk};
  auto seen = std::vector<std::pair<std::uint64_t, std::uint64_t>>{};
  while (rows.next().value())
    seen.emplace_back(rows.line(), rows.record());
  CHECK(seen
        == std::vector<std::pair<std::uint64_t, std::uint64_t>>{
          {10, 5}, {11, 6}, {14, 7}});
}

TEST_CASE("a header names every column once") {
  auto reader = csv_reader::open(text_source("id,\"a b\",c\r\n1,2,3\r\n"), {});
  REQUIRE(reader);
  CHECK(reader->header() == std::vector<std::string>{"id", "a b", "c"});
  CHECK(reader->find_column("c") == std::optional<std::size_t>{2});
  CHECK_FALSE(reader->find_column("d"));
  CHECK(header_refusal("a,,c\n").message == "column 2 has no name");
  CHECK(header_refusal("a,b,c,b\n").message
        == "columns 2 and 4 are both named \"b\"");
  CHECK(header_refusal("\n").message == "column 1 has no name");
  CHECK(header_refusal("").message == "the file is empty");
  CHECK(header_refusal("").file == "t.csv");
  CHECK(header_refusal(std::string(70'000, ',')).message
        == "more than 65536 columns");
}

TEST_CASE("rows behind a header count from one, lines from the file's first") {
  auto options = splitter_options{};
  options.records_max = 2;
  auto reader
    = csv_reader::open(text_source("\"i\nd\"\n1\n2\n3\n"), options).value();
  auto chunk = record_chunk{};
  REQUIRE(reader.next(chunk).value());
  CHECK(chunk.text() == "1\n2\n");
  CHECK(chunk.first_record == 1);
  CHECK(chunk.first_line == 3);
  REQUIRE(reader.next(chunk).value());
  CHECK(chunk.first_record == 3);
  CHECK(chunk.first_line == 5);
  CHECK_FALSE(reader.next(chunk).value());
}

TEST_CASE("a header without rows is an empty table") {
  auto reader = csv_reader::open(text_source("a,b"), {}).value();
  auto chunk = record_chunk{};
  CHECK_FALSE(reader.next(chunk).value());
}

TEST_CASE("columns are read as texts and as exact numbers") {
  const auto chunk = make_chunk("x,1.5,skip,-0.25\n"
                                "\"y \"\"z\"\"\",,\"s,\n\",1234567.7654321\r\n"
                                ",\"3\",,123456789.123456789e-3\n"
                                "w,-.5,,+7",
                                record_format::csv);
  const auto uses = std::vector<column_use>{
    column_use::text, column_use::number, column_use::skip, column_use::number};
  auto set = column_set{};
  REQUIRE(read_columns(chunk, uses, set));
  CHECK(set.rows == 4);
  REQUIRE(set.texts.size() == 1);
  CHECK(set.texts[0].size() == 4);
  CHECK(set.texts[0][0] == "x");
  CHECK(set.texts[0][1] == "y \"z\"");
  CHECK(set.texts[0][2].empty());
  CHECK(set.texts[0][3] == "w");
  REQUIRE(set.numbers.size() == 2);
  CHECK(set.numbers[0][0] == 1.5);
  CHECK(std::isnan(set.numbers[0][1]));
  CHECK(set.numbers[0][2] == 3.0);
  CHECK(set.numbers[0][3] == -0.5);
  CHECK(
    set.numbers[1]
    == std::vector<double>{-0.25, 1234567.7654321, 123456789.123456789e-3, 7});
}

TEST_CASE("a text in a column of numbers is refused at its place") {
  auto set = column_set{};
  const auto uses
    = std::vector<column_use>{column_use::skip, column_use::number};
  for (const auto* field : {"abc", "1.2.3", "1x", "\"1\"\"2\"", " 1", "0x10",
                            "1e", "-", ".", "1_000"}) {
    const auto chunk
      = make_chunk("a,1\nb,"s + field + "\n", record_format::csv);
    const auto reason = problem_of(read_columns(chunk, uses, set));
    CHECK(reason.line == 2);
    CHECK(reason.column == 3);
    CHECK(reason.message.ends_with("is not a number"));
  }
}

TEST_CASE("reading by column agrees with reading by row") {
  auto random = std::mt19937_64{23};
  const auto fields = std::vector<std::string>{
    "",           "1",   "-2.5", "\"7\"", "99.123456",      "12345678",
    "0.12345678", "1e5", "0",    "-0",    "1234567.1234567"};
  for (auto round = 0; round < 300; ++round) {
    const auto columns = 1 + random() % 5;
    auto uses = std::vector<column_use>(columns);
    for (auto& use : uses)
      use = static_cast<column_use>(random() % 3);
    auto text = std::string{};
    for (std::size_t row = 0; row < 8; ++row)
      for (std::size_t column = 0; column < columns; ++column)
        text += fields[random() % fields.size()]
                + (column + 1 < columns ? ","
                   : random() % 2 == 0  ? "\n"
                                        : "\r\n");
    const auto chunk = make_chunk(text, record_format::csv);
    auto set = column_set{};
    REQUIRE(read_columns(chunk, uses, set));
    REQUIRE(set.rows == 8);
    auto rows = csv_rows{chunk, columns};
    for (std::size_t row = 0; row < 8; ++row) {
      REQUIRE(rows.next().value());
      auto texts = std::size_t{0};
      auto numbers = std::size_t{0};
      for (std::size_t column = 0; column < columns; ++column) {
        const auto field = rows.fields()[column];
        if (uses[column] == column_use::text)
          CHECK(set.texts[texts++][row] == field);
        if (uses[column] != column_use::number)
          continue;
        const auto number = set.numbers[numbers++][row];
        if (field.empty())
          CHECK(std::isnan(number));
        else
          CHECK(number == std::stod(std::string{field}));
      }
    }
  }
}
