#include "actors/engine/command_activity.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <map>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;

using json = nlohmann::json;
using runtime::problem_kind;
using pointers = std::vector<json::json_pointer>;

namespace {

command_surroundings surroundings() {
  auto result = command_surroundings{};
  result.environment = {{"PATH", "/bin"},
                        {"HOME", "/home/a"},
                        {"LC_ALL", "C"},
                        {"TZ", "UTC"},
                        {"AWS_SECRET", "s3"},
                        {"EDITOR", "ed"},
                        {"TROUPE_STORE_PATH", "/x"}};
  result.resolve = [](const runtime::secret_reference& reference)
    -> runtime::outcome<runtime::secret> {
    if (reference.name == "TOKEN")
      return runtime::secret{"hush-hush"};
    return runtime::fail(problem_kind::not_found, "no such secret");
  };
  return result;
}

runtime::outcome<command_plan> plan(const json& with,
                                    const pointers& secrets = {}) {
  auto identity = command_identity{};
  identity.run = "run-1";
  identity.step = "fetch";
  identity.attempt = 2;
  identity.idempotency_key = "key-1";
  return plan_command(with, secrets, identity, surroundings(),
                      {"a.yaml", 7, 0, "steps[0].with"});
}

runtime::problem problem_of(const json& with, const pointers& secrets = {}) {
  const auto planned = plan(with, secrets);
  return planned ? runtime::problem{} : planned.error();
}

command_plan good_plan(const json& with, const pointers& secrets = {}) {
  auto planned = plan(with, secrets);
  if (!planned)
    FAIL(runtime::render(planned.error()));
  return std::move(*planned);
}

runtime::process_result printed(std::string text) {
  auto result = runtime::process_result{};
  result.out.bytes = text.size();
  result.out.head = std::move(text);
  return result;
}

runtime::process_result complained(int exit_code, std::string text) {
  auto result = runtime::process_result{};
  result.exit_code = exit_code;
  result.err.bytes = text.size();
  result.err.head = std::move(text);
  return result;
}

const auto simple = json{{"argv", {"true"}}};

activity_failure failure_of(const json& with,
                            const runtime::process_result& result,
                            const pointers& secrets = {}) {
  auto output = command_result(good_plan(with, secrets), result);
  REQUIRE_FALSE(output);
  return output.error();
}

} // namespace

TEST_CASE("a command is planned as it is written") {
  const auto planned = good_plan({{"argv", {"./fetch.sh", "x y"}},
                                  {"cwd", "jobs"},
                                  {"stdin", "some text"},
                                  {"output", "text"},
                                  {"output_bytes_max", "2KiB"},
                                  {"grace", "3s"}});
  CHECK(planned.process.argv == std::vector<std::string>{"./fetch.sh", "x y"});
  CHECK(planned.process.folder == "jobs");
  CHECK(planned.process.input == "some text");
  CHECK(planned.output == command_output::text);
  CHECK(planned.process.out.head_bytes_max == 2'048);
  CHECK(planned.process.on_out_overflow == runtime::overflow_policy::kill);
  CHECK(planned.grace == 3s);
}

TEST_CASE("a shell text and structured input are passed on") {
  const auto planned
    = good_plan({{"shell", "wc | cat"}, {"stdin", {{"a", {1, 2}}}}});
  CHECK(planned.process.argv
        == std::vector<std::string>{"/bin/sh", "-c", "wc | cat"});
  CHECK(planned.process.input == "{\"a\":[1,2]}\n");
  CHECK(planned.output == command_output::json);
}

TEST_CASE("output that nobody wants is dropped, not refused") {
  const auto planned = good_plan({{"argv", {"true"}}, {"output", "none"}});
  CHECK(planned.process.out.head_bytes_max == 0);
  CHECK(planned.process.on_out_overflow == runtime::overflow_policy::drop);
}

TEST_CASE("a command gets little of our environment, and what it asks for") {
  auto with
    = json{{"argv", {"true"}},
           {"env", {{"A", "x"}, {"N", 1.5}, {"B", true}, {"TZ", nullptr}}},
           {"inherit_env", {"EDITOR", "ABSENT"}}};
  const auto expected
    = runtime::environment_map{{"PATH", "/bin"},
                               {"HOME", "/home/a"},
                               {"LC_ALL", "C"},
                               {"EDITOR", "ed"},
                               {"A", "x"},
                               {"N", "1.5"},
                               {"B", "true"},
                               {"TROUPE_RUN_ID", "run-1"},
                               {"TROUPE_STEP", "fetch"},
                               {"TROUPE_ITEM", "0"},
                               {"TROUPE_ATTEMPT", "2"},
                               {"TROUPE_IDEMPOTENCY_KEY", "key-1"},
                               {"TROUPE_PROGRESS_FD", "3"}};
  CHECK(good_plan(with).process.environment == expected);
}

TEST_CASE("an attempt gets the progress of the one before") {
  auto identity = command_identity{};
  identity.progress = R"({"page":7})";
  const auto planned = plan_command(simple, {}, identity, surroundings(), {});
  REQUIRE(planned);
  CHECK(planned->process.environment.at("TROUPE_LAST_PROGRESS")
        == R"({"page":7})");
}

TEST_CASE("a command that is written wrongly is refused with its key") {
  const auto key_of = [](json with) { return problem_of(with).key; };
  CHECK(key_of(json::object()) == "steps[0].with.argv");
  CHECK(key_of({{"argv", json::array()}}) == "steps[0].with.argv");
  CHECK(key_of({{"argv", "true"}}) == "steps[0].with.argv");
  CHECK(key_of({{"argv", {"a", 1}}}) == "steps[0].with.argv[1]");
  CHECK(key_of({{"argv", {"a"}}, {"shell", "b"}}) == "steps[0].with.shell");
  CHECK(key_of({{"argv", {"a"}}, {"cwd", 1}}) == "steps[0].with.cwd");
  CHECK(key_of({{"argv", {"a"}}, {"env", "A=1"}}) == "steps[0].with.env");
  CHECK(key_of({{"argv", {"a"}}, {"env", {{"A", {1, 2}}}}})
        == "steps[0].with.env.A");
  CHECK(key_of({{"argv", {"a"}}, {"env", {{"TROUPE_STEP", "x"}}}})
        == "steps[0].with.env.TROUPE_STEP");
  CHECK(key_of({{"argv", {"a"}}, {"output", "yaml"}})
        == "steps[0].with.output");
  CHECK(key_of({{"argv", {"a"}}, {"output_bytes_max", "1GiB"}})
        == "steps[0].with.output_bytes_max");
  CHECK(key_of({{"argv", {"a"}}, {"grace", "1h"}}) == "steps[0].with.grace");
  CHECK(key_of({{"argv", {"a"}}, {"stdn", "x"}}) == "steps[0].with.stdn");
  CHECK(problem_of(json::object()).file == "a.yaml");
  CHECK(problem_of(json::object()).line == 7);
}

TEST_CASE("secrets are resolved where they were written as such") {
  const auto with
    = json{{"argv", {"true"}},
           {"stdin", "secret://env/TOKEN"},
           {"env", {{"A", "secret://env/TOKEN"}, {"B", "secret://env/TOKEN"}}}};
  const auto planned = good_plan(with, {json::json_pointer{"/env/A"}});
  CHECK(planned.process.environment.at("A") == "hush-hush");
  // What came out of an expression is a text, whatever it looks like.
  CHECK(planned.process.environment.at("B") == "secret://env/TOKEN");
  CHECK(planned.process.input == "secret://env/TOKEN");
  REQUIRE(planned.secrets.size() == 1);
  CHECK(good_plan(with, {json::json_pointer{"/stdin"}}).process.input
        == "hush-hush");
}

TEST_CASE("a secret among the arguments is refused") {
  const auto reason = problem_of({{"argv", {"curl", "secret://env/TOKEN"}}},
                                 {json::json_pointer{"/argv/1"}});
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.message == "a secret may only stand in env and stdin");
}

TEST_CASE("a secret that is not there is named, not shown") {
  const auto absent
    = problem_of({{"argv", {"a"}}, {"env", {{"A", "secret://env/OTHER"}}}},
                 {json::json_pointer{"/env/A"}});
  CHECK(absent.kind == problem_kind::not_found);
  CHECK(absent.key == "steps[0].with.env.A");
  const auto wrong = problem_of({{"argv", {"a"}}, {"env", {{"A", "abc"}}}},
                                {json::json_pointer{"/env/A"}});
  CHECK(wrong.kind == problem_kind::invalid_input);
  CHECK(runtime::render(wrong).find("abc") == std::string::npos);
}

TEST_CASE("standard output becomes the output of the step") {
  const auto output_of = [](const char* form, std::string text) {
    return command_result(good_plan({{"argv", {"true"}}, {"output", form}}),
                          printed(text));
  };
  CHECK(output_of("json", " {\"a\": [1, null]}\n").value()
        == json{{"a", {1, nullptr}}});
  CHECK(output_of("json", " \n").value() == nullptr);
  CHECK(output_of("text", "a\n").value() == "a\n");
  CHECK(output_of("none", "").value() == nullptr);
  CHECK(output_of("json", "done").error().kind == "bad_output");
  CHECK(output_of("json", "1 2").error().kind == "bad_output");
  CHECK(output_of("json", "\"\xff\"").error().kind == "bad_output");
  CHECK(output_of("text", "\xff").error().kind == "bad_output");
  CHECK_FALSE(output_of("json", "done").error().is_retryable);
  const auto deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(output_of("json", deep).error().kind == "bad_output");
}

TEST_CASE("a failed command fails with its last words") {
  const auto failure
    = failure_of(simple, complained(3, "reading\nno such page\n"));
  CHECK(failure.kind == "exit_nonzero");
  CHECK(failure.message == "exit code 3: reading\nno such page");
  CHECK(failure.is_retryable);
  CHECK(failure.details["exit_code"] == 3);
  CHECK(failure.details["stderr_bytes"] == 21);
  CHECK(failure_of(simple, complained(1, "")).message == "exit code 1");
}

TEST_CASE("every other end has a kind of its own") {
  auto result = complained(0, "oh");
  SECTION("signal") {
    result.signal = SIGSEGV;
    const auto failure = failure_of(simple, result);
    CHECK(failure.kind == "signal");
    CHECK(failure.message == "ended by SIGSEGV: oh");
    CHECK(failure.details["signal"] == SIGSEGV);
    CHECK(failure.is_retryable);
  }
  SECTION("stopped") {
    result.was_stopped = true;
    result.signal = SIGTERM;
    CHECK(failure_of(simple, result).kind == "cancelled");
  }
  SECTION("too loud") {
    result.was_too_loud = true;
    result.signal = SIGKILL;
    const auto failure = failure_of(simple, result);
    CHECK(failure.kind == "output_too_large");
    CHECK_FALSE(failure.is_retryable);
  }
  SECTION("never started") {
    const auto output = command_result(
      good_plan(simple),
      runtime::fail(problem_kind::not_found, "program \"x\" not found"));
    REQUIRE_FALSE(output);
    CHECK(output.error().kind == "not_found");
    CHECK_FALSE(output.error().is_retryable);
  }
}

TEST_CASE("last words are few, from the start of a line, and UTF-8") {
  auto text = std::string{};
  for (auto i = 0; i < 1'000; ++i)
    text += "line " + std::to_string(i) + "\n";
  auto message = failure_of(simple, complained(1, text)).message;
  CHECK(message.starts_with("exit code 1: line 980\n"));
  CHECK(message.ends_with("\nline 999"));

  message = failure_of(simple, complained(1, std::string(9'000, 'x'))).message;
  CHECK(message.size() == std::string{"exit code 1: "}.size() + 2'048);

  message = failure_of(simple, complained(1, "a\xff\n")).message;
  CHECK(message == "exit code 1: a?");
}

TEST_CASE("last words do not tell secrets, not even halves") {
  const auto with
    = json{{"argv", {"true"}}, {"env", {{"A", "secret://env/TOKEN"}}}};
  const auto secrets = pointers{json::json_pointer{"/env/A"}};
  auto message
    = failure_of(with, complained(1, "sent hush-hush\n"), secrets).message;
  CHECK(message == "exit code 1: sent [redacted]");

  auto cut = complained(1, "some head hush-");
  cut.err.tail = "hush, and no more of it";
  cut.err.bytes = 10'000;
  message = failure_of(with, cut, secrets).message;
  CHECK(message.find("hush") == std::string::npos);
  CHECK(message.ends_with("no more of it"));
  cut.err.tail = "hush, and\nthe next line";
  CHECK(failure_of(with, cut, secrets).message == "exit code 1: the next line");
}

TEST_CASE("progress is an object, anything else only a sign of life") {
  CHECK(progress_of_line(R"({"progress": 0.4, "message": "half"})")
        == R"({"message":"half","progress":0.4})");
  CHECK_FALSE(progress_of_line("0.4"));
  CHECK_FALSE(progress_of_line("{"));
  CHECK_FALSE(progress_of_line(""));
}
