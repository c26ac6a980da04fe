#include "runtime/config/settings.hpp"
#include "runtime/config/yaml_document.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

struct fixture {
  settings_sources sources;

  fixture() {
    sources.environment["HOME"] = "/home/someone";
  }

  settings load() {
    auto loaded = load_settings(sources);
    if (!loaded)
      FAIL(render(loaded.error().front()));
    return *loaded;
  }

  std::vector<problem> refuse() {
    auto loaded = load_settings(sources);
    if (loaded)
      FAIL("accepted");
    return loaded.error();
  }

  void set_file(std::string text) {
    sources.file = settings_file{"troupe.yaml", std::move(text)};
  }
};

std::string origin(const settings& values, std::string_view key) {
  const auto found = values.origins.find(key);
  REQUIRE(found != values.origins.end());
  return found->second.where;
}

} // namespace

TEST_CASE_METHOD(fixture, "without sources every setting has its default") {
  const auto values = load();
  CHECK(values.store_path == "/home/someone/.local/state/troupe/troupe.db");
  CHECK(values.store_cache_bytes == 8u << 20);
  CHECK(values.workers == 0);
  CHECK(values.log_level == "warning");
  CHECK(values.shutdown_timeout == 10s);
  CHECK(values.origins.size() == setting_specs().size());
  for (const auto& [key, from] : values.origins)
    CHECK(from.source == setting_source::fallback);
}

TEST_CASE_METHOD(fixture, "the store's default place follows XDG") {
  sources.environment["XDG_STATE_HOME"] = "/state";
  CHECK(load().store_path == "/state/troupe/troupe.db");
  sources.environment["XDG_STATE_HOME"] = "relative";
  CHECK(load().store_path == "/home/someone/.local/state/troupe/troupe.db");
  sources.environment.clear();
  CHECK(load().store_path == "troupe.db");
}

TEST_CASE_METHOD(fixture, "flag wins over environment over file over default") {
  set_file("workers: 1\nstore:\n  path: /file.db\nlog: {level: error}\n");
  sources.environment["TROUPE_WORKERS"] = "2";
  sources.environment["TROUPE_STORE_PATH"] = "/environment.db";
  sources.flags["workers"] = "3";
  const auto values = load();
  CHECK(values.workers == 3);
  CHECK(origin(values, "workers") == "--workers");
  CHECK(values.store_path == "/environment.db");
  CHECK(origin(values, "store.path") == "TROUPE_STORE_PATH");
  CHECK(values.log_level == "error");
  CHECK(origin(values, "log.level") == "troupe.yaml:4");
  CHECK(origin(values, "color").empty());
}

TEST_CASE_METHOD(fixture, "an overridden value is checked all the same") {
  set_file("workers: many\n");
  sources.flags["workers"] = "3";
  const auto problems = refuse();
  REQUIRE(problems.size() == 1);
  CHECK(render(problems[0])
        == "troupe.yaml:1:10: \"many\" is not a whole number (key workers)\n"
           "  hint: write digits only, for example 0");
}

TEST_CASE_METHOD(fixture, "all problems of all sources are told at once") {
  set_file("workrs: 1\nstore: {cache: 1KiB, pth: x}\nlog: [1]\n");
  sources.environment["TROUPE_LOG_LEVL"] = "info";
  sources.environment["TROUPE_OUTPUT"] = "xml";
  sources.flags["scoring.batch_items"] = "0";
  sources.flags["workrs"] = "1";
  auto messages = std::string{};
  for (const auto& reason : refuse())
    messages += render(reason) + "\n";
  CHECK(messages
        == "troupe.yaml:1:1: unknown key \"workrs\" (key workrs)\n"
           "  hint: did you mean \"workers\"?\n"
           "troupe.yaml:2:22: unknown key \"pth\" (key store.pth)\n"
           "  hint: did you mean \"path\"?\n"
           "troupe.yaml:2:16: must be from 64KiB to 64GiB (key store.cache)\n"
           "  hint: the default is 8MiB\n"
           "troupe.yaml:3:6: must be a mapping, not a list (key log)\n"
           "environment: \"xml\" is none of the choices (key TROUPE_OUTPUT)\n"
           "  hint: known: text, json, jsonl\n"
           "environment: unknown variable TROUPE_LOG_LEVL (key "
           "TROUPE_LOG_LEVL)\n"
           "  hint: did you mean \"TROUPE_LOG_LEVEL\"?\n"
           "command line: must be from 1 to 1000000 (key "
           "--scoring-batch-items)\n"
           "  hint: the default is 8192\n"
           "command line: unknown setting workrs\n"
           "  hint: did you mean \"workers\"?\n");
}

TEST_CASE_METHOD(fixture, "a broken file is one problem with its place") {
  set_file("a: [1\n");
  const auto problems = refuse();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].file == "troupe.yaml");
}

TEST_CASE_METHOD(fixture, "an empty file and empty groups change nothing") {
  set_file("");
  load();
  set_file("store:\nlog: {}\nworkers:\n");
  CHECK(load().workers == 0);
}

TEST_CASE_METHOD(fixture, "a path may begin at home") {
  sources.environment["TROUPE_LOG_FILE"] = "~/log.jsonl";
  CHECK(load().log_file == "/home/someone/log.jsonl");
}

TEST_CASE_METHOD(fixture, "a text is bounded and has no NUL bytes") {
  sources.flags["store.path"] = std::string(5'000, 'x');
  CHECK(refuse().size() == 1);
  sources.flags["store.path"] = std::string{"a\0b", 3};
  CHECK(refuse().size() == 1);
}

TEST_CASE_METHOD(fixture, "rendered settings are read back as themselves") {
  set_file(
    "store: {path: \"/a # b: \\\"c\\\"\"}\nshutdown: {timeout: 1m30s}\n");
  const auto values = load();
  const auto text = render_yaml(values, show_origins::yes);
  CHECK(text.find("  timeout: 1m30s  # file troupe.yaml:2\n")
        != std::string::npos);
  CHECK(text.find("workers: 0  # default\n") != std::string::npos);
  set_file(text);
  const auto again = load();
  CHECK(again.store_path == values.store_path);
  CHECK(again.shutdown_timeout == 90s);
  CHECK(render_json(again, show_origins::no)
        == render_json(values, show_origins::no));
}

TEST_CASE_METHOD(fixture, "settings are shown as JSON with their origins") {
  sources.flags["workers"] = "3";
  const auto values = load();
  const auto plain
    = nlohmann::json::parse(render_json(values, show_origins::no));
  CHECK(plain.size() == setting_specs().size());
  CHECK(plain["workers"] == 3);
  CHECK(plain["shutdown.timeout"] == 10'000);
  CHECK(plain["store.cache"] == 8'388'608);
  const auto full
    = nlohmann::json::parse(render_json(values, show_origins::yes));
  CHECK(full["workers"]["value"] == 3);
  CHECK(full["workers"]["source"] == "flag");
  CHECK(full["workers"]["where"] == "--workers");
  CHECK(full["color"]["source"] == "default");
  CHECK_FALSE(full["color"].contains("where"));
}

TEST_CASE("every setting is declared completely and once") {
  auto names = std::set<std::string>{};
  for (const auto& spec : setting_specs()) {
    CAPTURE(spec.key);
    CHECK(names.insert(environment_name(spec)).second);
    CHECK(names.insert(flag_name(spec)).second);
    CHECK_FALSE(spec.help.empty());
    CHECK_FALSE(type_name(spec).empty());
    CHECK(spec.min <= spec.max);
  }
}

TEST_CASE("names in the environment and on the command line follow the key") {
  for (const auto& spec : setting_specs()) {
    if (spec.key != "log.file_size")
      continue;
    CHECK(environment_name(spec) == "TROUPE_LOG_FILE_SIZE");
    CHECK(flag_name(spec) == "--log-file-size");
    CHECK(type_name(spec) == "size");
    CHECK(value_text(load_settings({}).value(), spec) == "16MiB");
    return;
  }
  FAIL("no such setting");
}

TEST_CASE("the settings file is that of the flag, the variable or the user") {
  const auto folder = troupe::tests::temporary_folder{};
  std::filesystem::create_directory(folder / "troupe");
  folder.write("troupe/troupe.yaml", "workers: 1");
  const auto named = folder.write("named.yaml", "workers: 2").string();

  auto environment = environment_map{};
  CHECK(find_settings_file({}, environment).value() == std::nullopt);
  environment["XDG_CONFIG_HOME"] = folder.path().string();
  CHECK(find_settings_file({}, environment).value()->text == "workers: 1");
  environment["TROUPE_SETTINGS"] = named;
  CHECK(find_settings_file({}, environment).value()->text == "workers: 2");
  const auto absent = (folder / "none.yaml").string();
  const auto refused = find_settings_file(absent, environment);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::not_found);
  CHECK(refused.error().file == absent);
}
