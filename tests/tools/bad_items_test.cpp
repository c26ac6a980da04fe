#include "tests/tools/refusal.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using namespace troupe::tests;

namespace fs = std::filesystem;

namespace {

const auto good = std::string{R"({"work_item_id":1,"story_points":3})"
                              "\n"};

#ifdef __SANITIZE_ADDRESS__
constexpr auto memory_bytes_max = std::size_t{1600} << 20; // Freed is kept.
#else
constexpr auto memory_bytes_max = std::size_t{400} << 20;
#endif

} // namespace

TEST_CASE_METHOD(refusing_program, "items that end within a line are refused") {
  refuses_text(good + R"({"work_item_id":2,"title":"Au)",
               {2, "items.jsonl", 2, "", "not valid JSON"});
}

TEST_CASE_METHOD(refusing_program, "a line that is no object is refused") {
  refuses_text(good + "[1, 2]\n",
               {2, "items.jsonl", 2, "", "not a JSON object"});
  refuses_text("17\n", {2, "items.jsonl", 1, "", "not a JSON object"});
}

TEST_CASE_METHOD(refusing_program, "values of the wrong type are refused") {
  refuses_text(good + R"({"work_item_id":[2]})",
               {2, "items.jsonl", 2, "work_item_id", ""});
  refuses_text(good + R"({"work_item_id":2,"work_item_type":"Story"})",
               {2, "items.jsonl", 2, "work_item_type", ""});
  refuses_text(good + R"({"work_item_id":2,"financial":7})",
               {2, "items.jsonl", 2, "financial", ""});
  refuses_text(good + R"({"work_item_id":2,"financial":{"discount_rate":"x"}})",
               {2, "items.jsonl", 2, "financial.discount_rate", ""});
  refuses_text(good + R"({"work_item_id":2,"financial":{"risk_level":"some"}})",
               {2, "items.jsonl", 2, "financial.risk_level", ""});
}

TEST_CASE_METHOD(refusing_program, "an item without an id is refused") {
  refuses_text(good + R"({"story_points":2})",
               {2, "items.jsonl", 2, "work_item_id", ""});
}

TEST_CASE_METHOD(refusing_program, "an id that occurs twice is refused") {
  refuses_text(good + good, {2, "items.jsonl", 2, "work_item_id", "1"});
}

TEST_CASE_METHOD(refusing_program, "bytes that are no text are refused") {
  refuses_text(good + std::string{"{\"work_item_id\":2\0}", 19},
               {2, "items.jsonl", 2, "", ""});
  refuses_text(good + "{\"work_item_id\":2,\"title\":\"\xff\xfe\"}",
               {2, "items.jsonl", 2, "", "UTF-8"});
}

TEST_CASE_METHOD(refusing_program, "text in UTF-16 is refused") {
  auto wide = std::string{"\xff\xfe"};
  for (const auto c : good) {
    wide += c;
    wide += '\0';
  }
  refuses_text(wide, {2, "items.jsonl", 1, "", ""});
  folder().write("wide.csv", wide);
  refuses_items("wide.csv", {2, "wide.csv", 1, "", ""});
}

TEST_CASE_METHOD(refusing_program, "a file without items is refused") {
  refuses_text("", {2, "items.jsonl", 0, "", "no items"});
  refuses_text("\n\n", {2, "items.jsonl", 0, "", "no items"});
  folder().write("empty.csv", "");
  refuses_items("empty.csv", {2, "empty.csv", 0, "", ""});
  folder().write("header.csv", "work_item_id,story_points\n");
  refuses_items("header.csv", {2, "header.csv", 0, "", "no items"});
}

TEST_CASE_METHOD(refusing_program, "a table with ragged rows is refused") {
  folder().write("items.csv", "work_item_id,story_points\n1,2\n2,3,4\n");
  refuses_items("items.csv", {2, "items.csv", 3, "", ""});
  folder().write("items.csv", "work_item_id,story_points\n1,2\n2\n");
  refuses_items("items.csv", {2, "items.csv", 3, "", ""});
  folder().write("items.csv", "work_item_id,story_points\n1,2\n\"2,3\n");
  refuses_items("items.csv", {2, "items.csv", 3, "", ""});
  folder().write("items.csv", "story_points,title\n1,2\n");
  refuses_items("items.csv", {2, "items.csv", 1, "work_item_id", ""});
}

TEST_CASE_METHOD(refusing_program, "separate financial records are checked") {
  folder().write("money.csv", "work_item_id,discount_rate\n1,much\n");
  refuses_items("good.jsonl", {2, "money.csv", 2, "discount_rate", ""},
                {"--financials", "money.csv"});
  folder().write("money.jsonl", R"({"work_item_id":1,"discount_rate":"much"})");
  refuses_items("good.jsonl", {2, "money.jsonl", 1, "discount_rate", ""},
                {"--financials", "money.jsonl"});
  folder().write("money.csv", "work_item_id,discount_rate\n1,7\n");
  refuses_items("good.jsonl", {2, "money.csv", 2, "discount_rate", "between"},
                {"--financials", "money.csv"});
  folder().write("money.csv", "work_item_id,discount_rte\n1,0.1\n");
  refuses_items("good.jsonl", {2, "money.csv", 1, "", "no column"},
                {"--financials", "money.csv"});
  refuses_items("good.jsonl", {3, "none.csv", 0, "", ""},
                {"--financials", "none.csv"});
}

TEST_CASE_METHOD(refusing_program,
                 "a line without an end is refused at once, in little memory") {
  auto endless = run({"score", "--items", "-", "--format", "jsonl"});
  endless.input_kind = program_input::endless;
  refuses(endless, {2, "(standard input)", 1, "", "bytes"});
  CHECK(run_program(endless).memory_bytes_peak < memory_bytes_max);
  folder().write("sparse.jsonl", "");
  fs::resize_file(folder() / "sparse.jsonl", std::uintmax_t{1} << 30);
  refuses_items("sparse.jsonl", {2, "sparse.jsonl", 1, "", "NUL byte"});
  const auto sparse = run({"score", "--items", "sparse.jsonl"});
  CHECK(run_program(sparse).memory_bytes_peak < memory_bytes_max);
}

TEST_CASE_METHOD(refusing_program, "items that cannot be opened are refused") {
  refuses_items("none.jsonl", {3, "none.jsonl", 0, "", "No such file"});
  refuses_items("out", {2, "out", 0, "", ""});
  fs::create_directory(folder() / "folder.jsonl");
  refuses_items("folder.jsonl", {2, "folder.jsonl", 0, "", "directory"});
  const auto path = folder().write("secret.jsonl", good);
  fs::permissions(path, fs::perms::none);
  refuses_items("secret.jsonl", {7, "secret.jsonl", 0, "", "denied"});
}

TEST_CASE_METHOD(refusing_program,
                 "a file whose format cannot be told is refused") {
  folder().write("items.txt", good);
  refuses_items("items.txt", {2, "items.txt", 0, "", "format"});
}

TEST_CASE_METHOD(refusing_program,
                 "a bad item can be left out, and is reported") {
  folder().write("items.jsonl", good + "no item\n");
  const auto result = run_program(
    run({"score", "--items", "items.jsonl", "--on-bad-item", "isolate"}));
  CHECK(result.exit_code == 0);
  CHECK(result.err.find("left out: ") != std::string::npos);
  CHECK(result.err.find("line 2") != std::string::npos);
}
