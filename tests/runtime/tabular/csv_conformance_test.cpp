#include "runtime/tabular/csv_reader.hpp"
#include "tests/runtime/tabular/sources.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

/// The folder of conformance files; empty, with a warning, when absent.
std::filesystem::path conformance_data() {
  const auto folder = shared_data();
  if (folder.empty() || !std::filesystem::exists(folder / "csv")) {
    WARN("skipped: the shared data are absent");
    return {};
  }
  return folder / "csv";
}

/// A table as the list of objects that its header makes of it.
outcome<nlohmann::json> read_objects(const std::filesystem::path& path) {
  auto reader = csv_reader::open(text_source(read_file(path)), {});
  if (!reader)
    return fail(reader.error());
  auto objects = nlohmann::json::array();
  auto chunk = record_chunk{};
  while (true) {
    const auto more = reader->next(chunk);
    if (!more)
      return fail(more.error());
    if (!*more)
      return objects;
    auto rows = csv_rows{chunk, reader->header().size()};
    auto row = rows.next();
    for (; row && *row; row = rows.next()) {
      auto object = nlohmann::json::object();
      for (std::size_t column = 0; column < rows.fields().size(); ++column)
        object[reader->header()[column]] = rows.fields()[column];
      objects.push_back(std::move(object));
    }
    if (!row)
      return fail(row.error());
  }
}

nlohmann::json read_json(const std::filesystem::path& path) {
  return nlohmann::json::parse(read_file(path));
}

std::string object_text(const std::filesystem::path& path) {
  const auto objects = read_objects(path);
  return objects ? objects->dump() : "refused: " + render(objects.error());
}

} // namespace

TEST_CASE("every file of csv-spectrum is read as its JSON says") {
  const auto data = conformance_data();
  if (data.empty())
    return;
  auto count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator{data / "csv-spectrum/csvs"}) {
    INFO(entry.path());
    auto json = data / "csv-spectrum/json" / entry.path().stem();
    json += ".json";
    const auto objects = read_objects(entry.path());
    REQUIRE(objects);
    CHECK(*objects == read_json(json));
    ++count;
  }
  CHECK(count == 6);
}

TEST_CASE("every valid file of the RFC 4180 set is read as its JSON says") {
  const auto data = conformance_data();
  if (data.empty())
    return;
  auto count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator{data / "rfc4180/csv"}) {
    const auto name = entry.path().stem().string();
    if (name.starts_with("bad-"))
      continue;
    INFO(name);
    const auto expected = read_json(data / "rfc4180/json" / (name + ".json"));
    if (name.starts_with("header-")) {
      CHECK(read_objects(entry.path()).value() == expected);
    } else {
      const auto rows = read_rows(read_file(entry.path()));
      REQUIRE(rows);
      CHECK(nlohmann::json(*rows) == expected);
    }
    ++count;
  }
  CHECK(count == 10);
}

TEST_CASE("the invalid files of the RFC 4180 set are refused by line") {
  const auto data = conformance_data();
  if (data.empty())
    return;
  const auto folder = data / "rfc4180/csv";
  const auto fields
    = problem_of(read_objects(folder / "bad-header-more-fields.csv"));
  CHECK(fields.line == 2);
  CHECK(fields.message == "row of 4 fields in a table of 3 columns");
  const auto quote
    = problem_of(read_objects(folder / "bad-quotes-with-unescaped-quote.csv"));
  CHECK(quote.line == 2);
  CHECK(quote.column == 19);
  // Sound by itself: only who knows the columns wanted can refuse it.
  const auto other = csv_reader::open(
    text_source(read_file(folder / "bad-header-wrong-header.csv")), {});
  REQUIRE(other);
  CHECK_FALSE(other->find_column("foo"));
}

TEST_CASE("the odd files of csvkit are read or refused as decided") {
  const auto data = conformance_data();
  if (data.empty())
    return;
  const auto text
    = [&](const char* name) { return object_text(data / "csvkit" / name); };
  const auto reason = [&](const char* name) {
    return problem_of(read_objects(data / "csvkit" / name));
  };
  CHECK(reason("bad.csv").line == 2);
  CHECK(reason("bad.csv").message == "row of 4 fields in a table of 3 columns");
  CHECK(text("blanks.csv")
        == R"([{"a":"","b":"NA","c":"N/A","d":"NONE","e":"NULL","f":"."}])");
  CHECK(text("date_like_number.csv") == R"([{"a":"4.5"}])");
  CHECK(reason("empty.csv").message == "column 1 has no name");
  CHECK(reason("mac_newlines.csv").message
        == "carriage return without line feed");
  CHECK(reason("mac_newlines.csv").line == 1);
  CHECK(reason("mac_newlines.csv").column == 6);
  CHECK(text("no_header_row.csv") == "[]");
  CHECK(text("optional_quote_characters.csv")
        == R"([{"a":"1","b":"2","c":"3"}])");
  CHECK(reason("test_empty_columns_long_row.csv").line == 2);
  CHECK(text("test_header_newline.csv").find(R"("b":"e","c":"f")")
        != std::string::npos);
  CHECK(reason("test_latin1.csv").message == "bytes that are not UTF-8");
  CHECK(reason("test_latin1.csv").line == 3);
  CHECK(reason("test_latin1.csv").column == 5);
  CHECK(text("test_locale.csv") == R"([{"a":"1,7","b":"200.000.000","c":""}])");
  CHECK(reason("test_utf16_little.csv").message
        == "the file is UTF-16, not UTF-8");
  CHECK(text("test_utf8_bom.csv")
        == "[{\"bar\":\"2\",\"baz\":\"3\",\"foo\":\"1\"},"
           "{\"bar\":\"5\",\"baz\":\"\xCA\xA4\",\"foo\":\"4\"}]");
}
