#include "runtime/tabular/csv_writer.hpp"
#include "runtime/tabular/jsonl_writer.hpp"
#include "tests/runtime/tabular/sources.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <limits>
#include <random>

using namespace troupe::runtime;
using namespace troupe::tests;

TEST_CASE("a row of every kind of field is written") {
  auto text = std::string{};
  auto writer = csv_writer{text};
  writer.text("a").number(0.1).fixed(2.0 / 3, 6).integer(-7).empty().end_row();
  writer.empty().text("").end_row();
  CHECK(text == "a,0.1,0.666667,-7,\n,\n");
}

TEST_CASE("quotes are written only when needed") {
  auto text = std::string{};
  auto writer = csv_writer{text};
  writer.text("plain text")
    .text("a,b")
    .text("say \"x\"")
    .text("l\nm")
    .text("c\rd");
  writer.end_row();
  CHECK(text == "plain text,\"a,b\",\"say \"\"x\"\"\",\"l\nm\",\"c\rd\"\n");
}

TEST_CASE("any table is read as it was written") {
  auto random = std::mt19937_64{5};
  const auto alphabet = std::string_view{"a,\"\n\r b"};
  for (auto round = 0; round < 500; ++round) {
    auto rows
      = text_rows(1 + random() % 6, std::vector<std::string>(1 + random() % 4));
    auto text = std::string{};
    auto writer = csv_writer{text};
    for (auto& row : rows) {
      for (auto& field : row) {
        for (auto size = random() % 5; size > 0; --size)
          field += alphabet[random() % alphabet.size()];
        writer.text(field);
      }
      writer.end_row();
    }
    const auto read = read_rows(text);
    REQUIRE(read);
    CHECK(*read == rows);
  }
}

TEST_CASE("objects are written one a line") {
  auto text = std::string{};
  auto writer = jsonl_writer{text};
  writer.text("id", "x\"y").number("a", 0.5).integer("n", -3);
  writer.boolean("ok", true).null("none").end_object();
  writer.number("a", std::numeric_limits<double>::infinity()).end_object();
  writer.end_object();
  CHECK(text
        == "{\"id\":\"x\\\"y\",\"a\":0.5,\"n\":-3,\"ok\":true,\"none\":null}\n"
           "{\"a\":null}\n{}\n");
}

TEST_CASE("a JSON string holds any text and is always JSON") {
  auto random = std::mt19937_64{9};
  auto text = std::string{};
  append_json_string(text, "tab\t\x01 \\ caf\xC3\xA9 \xF0\x9F\x98\x8E");
  CHECK(text == "\"tab\\t\\u0001 \\\\ caf\xC3\xA9 \xF0\x9F\x98\x8E\"");
  CHECK(nlohmann::json::parse(text).get<std::string>()
        == "tab\t\x01 \\ caf\xC3\xA9 \xF0\x9F\x98\x8E");
  text.clear();
  append_json_string(text, "a\xFF"
                           "b\xC3");
  CHECK(text
        == "\"a\xEF\xBF\xBD"
           "b\xEF\xBF\xBD\"");
  for (auto round = 0; round < 2'000; ++round) {
    auto bytes = std::string{};
    for (auto size = random() % 12; size > 0; --size)
      bytes += static_cast<char>(random());
    text.clear();
    append_json_string(text, bytes);
    CHECK(nlohmann::json::accept(text));
  }
}
