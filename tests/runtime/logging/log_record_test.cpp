#include "runtime/logging/log_record.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

log_record make_record(std::string message, log_fields fields = {}) {
  const auto hide = redactor{};
  auto record = log_record{};
  record.time = std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + 1h
                + 2min + 3s + 4ms;
  record.level = log_level::info;
  record.logger = "scoring";
  record.message = make_text(message, hide, log_record::message_bytes_max);
  record.fields = make_fields(fields, hide);
  return record;
}

} // namespace

TEST_CASE("a line for people has time, level, logger, message and fields") {
  const auto record
    = make_record("run stored", {{"run", "a b"}, {"items", 5}, {"ok", true}});
  CHECK(render_log_text(record, false)
        == "2024-02-29T01:02:03.004Z info    scoring: run stored "
           "run=\"a b\" items=5 ok=true");
}

TEST_CASE("only the level is coloured") {
  const auto text = render_log_text(make_record("x"), true);
  CHECK(text == "2024-02-29T01:02:03.004Z \033[32minfo   \033[0m scoring: x");
}

TEST_CASE("a line for machines is one JSON object with typed fields") {
  const auto line = render_log_json(make_record(
    "a\nb", {{"items", 5u}, {"share", 0.25}, {"name", "7"}, {"ok", false}}));
  CHECK(line.find('\n') == std::string::npos);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["time"] == "2024-02-29T01:02:03.004Z");
  CHECK(json["level"] == "info");
  CHECK(json["logger"] == "scoring");
  CHECK(json["message"] == "a\nb");
  CHECK(json["fields"]["items"] == 5);
  CHECK(json["fields"]["share"] == 0.25);
  CHECK(json["fields"]["name"] == "7");
  CHECK(json["fields"]["ok"] == false);
}

TEST_CASE("numbers at the edge survive JSON") {
  const auto json = nlohmann::json::parse(render_log_json(
    make_record("x", {{"max", std::numeric_limits<std::uint64_t>::max()},
                      {"min", std::numeric_limits<std::int64_t>::min()},
                      {"nan", std::nan("")},
                      {"inf", std::numeric_limits<double>::infinity()}})));
  CHECK(json["fields"]["max"] == std::numeric_limits<std::uint64_t>::max());
  CHECK(json["fields"]["min"] == std::numeric_limits<std::int64_t>::min());
  CHECK(json["fields"]["nan"] == "nan");
  CHECK(json["fields"]["inf"] == "inf");
}

TEST_CASE("nothing in a line moves the cursor or turns the text around") {
  const auto record
    = make_record("a\nb\r\033[2J\x7f\u0085\u202e\u2028\xff tab\t caf\u00e9",
                  {{"k\n", "v\n\" ="}});
  CHECK(render_log_text(record, false)
        == "2024-02-29T01:02:03.004Z info    scoring: "
           "a\\nb\\x0d\\x1b[2J\\x7f\\x85\\u202e\\u2028\\xff tab\\t caf\u00e9 "
           "k\\n=\"v\\n\\\" =\"");
}

TEST_CASE("bytes that are not UTF-8 still make valid JSON") {
  const auto line = render_log_json(make_record("a\xff\xc0\x80"));
  CHECK(nlohmann::json::accept(line));
}

TEST_CASE("every part of a record is of bounded length") {
  const auto record = make_record(std::string(100'000, 'x'),
                                  {{"v", std::string(100'000, 'y')}});
  CHECK(record.message.size() < log_record::message_bytes_max + 40);
  CHECK(record.message.ends_with("...[91808 bytes more]"));
  CHECK(record.fields.at(0).value.size() < log_record::value_bytes_max + 40);
}

TEST_CASE("a text is cut between characters, and after secrets are hidden") {
  auto hide = redactor{};
  CHECK(make_text("ab\u00e9\u00e9", hide, 3) == "ab...[4 bytes more]");
  hide.add_value("hunter2hunter2");
  CHECK(make_text("ab hunter2hunter2", hide, 10).find("hunter")
        == std::string::npos);
}

TEST_CASE("a secret in a field is hidden by its name or its value") {
  auto hide = redactor{};
  hide.add_value("12345678");
  const auto fields = make_fields(
    {{"api_token", 99}, {"n", 12345678}, {"url", "?pwd=x&a=b"}}, hide);
  CHECK(fields.at(0).value == redactor::mask);
  CHECK(fields.at(1).value == redactor::mask);
  CHECK_FALSE(fields.at(1).is_plain);
  CHECK(fields.at(2).value == "?pwd=[redacted]&a=b");
}
