#include "runtime/guard/guard_file.hpp"
#include "tests/support/places.hpp"
#include "tests/support/schema_names.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::runtime;
using nlohmann::json;
using tests::name_set;
using tests::names;
using tests::properties;
using tests::spellings;

namespace {

constexpr auto head = "apiVersion: troupe/v1\nkind: Guards\nguards:\n";

tl::expected<guard_file, std::vector<problem>> parse(const std::string& text) {
  return parse_guards(yaml_document::parse(text, "guards.yaml").value().root());
}

/// The guard "g" with these lines.
guard_options guard_of(const std::string& lines) {
  const auto read = parse(head + ("  g:\n" + lines));
  if (!read)
    FAIL(render(read.error().front()));
  return read->at("g");
}

std::vector<problem> problems_of(const std::string& lines) {
  const auto read = parse(head + ("  g:\n" + lines));
  REQUIRE_FALSE(read);
  return read.error();
}

/// The only problem of these lines.
problem problem_of(const std::string& lines) {
  const auto all = problems_of(lines);
  INFO(render(all.front()));
  REQUIRE(all.size() == 1);
  return all.front();
}

json schema() {
  return json::parse(
    tests::read_file(tests::source_dir() / "tools/schema/guards.schema.json"));
}

/// The keys that a mapping of the file may have, as the reader tells when it
/// meets one that it does not know.
std::string known_keys(const std::string& lines) {
  const auto all = problems_of(lines);
  const auto found
    = std::find_if(all.begin(), all.end(), [](const problem& reason) {
        return reason.key.find("qqqqqqqqqqqqqqqqqqqqqqqq") != std::string::npos;
      });
  REQUIRE(found != all.end());
  return found->hint;
}

} // namespace

TEST_CASE("a guard is read layer by layer") {
  const auto of = guard_of(R"(
    rate: {count: 200, per: 1m, burst: 20}
    quota: {limit: 20000, window: month, zone: Europe/Berlin, reserve: 1000}
    bulkhead: {concurrent: 8, queue: 80, queue_timeout: 10s}
    deadline: 2m
    retry:
      attempts: 5
      initial: 2s
      factor: 3
      cap: 30s
      jitter: none
      on: [timeout]
      kinds: {throttled: {attempts: 8}}
    retry_budget: {percent: 20, per_minute: 3, saved_max: 4}
    breaker:
      {mode: count, calls: 50, calls_min: 10, failure_ratio: 0.4,
       slow_ratio: 0.7, slow_after: 8s, trials: 2, trial_timeout: 40s,
       open: 3s, open_factor: 1.5, open_cap: 20s, open_jitter: 0.3}
    attempt_timeout: 20s
    calls_max: 99
    state_age_max: 1h
)");
  CHECK(of.rate == rate_limit_options{200, 1min, 20});
  CHECK(of.quota
        == quota_options{20'000, quota_window::month,
                         time_zone::find("Europe/Berlin").value(), 1'000});
  CHECK(of.bulkhead == bulkhead_options{8, 80, 10s});
  CHECK(of.deadline == 2min);
  REQUIRE(of.retry);
  CHECK(of.retry->schedule
        == retry_schedule{5, 2s, 3.0, 30s, retry_jitter::none});
  CHECK(of.retry->on == std::vector<std::string>{"timeout"});
  CHECK(of.retry->kinds.at("throttled")
        == retry_schedule{8, 2s, 3.0, 30s, retry_jitter::none});
  CHECK(of.budget == retry_budget_options{20, 3, 4});
  auto breaker = circuit_breaker_options{};
  breaker.mode = breaker_mode::count_window;
  breaker.window_calls = 50;
  breaker.calls_min = 10;
  breaker.failure_ratio = 0.4;
  breaker.slow_ratio = 0.7;
  breaker.slow_after = 8s;
  breaker.trials = 2;
  breaker.trial_timeout = 40s;
  breaker.open_initial = 3s;
  breaker.open_factor = 1.5;
  breaker.open_cap = 20s;
  breaker.open_jitter = 0.3;
  CHECK(of.breaker == breaker);
  CHECK(of.attempt_timeout == 20s);
  CHECK(of.calls_max == 99);
  CHECK(of.state_age_max == 1h);
}

TEST_CASE("what a guard does not name is not there") {
  const auto read = parse(head + std::string{"  g:\n"});
  REQUIRE(read);
  CHECK(read->at("g") == guard_options{});
}

TEST_CASE("a layer adds to its profile key by key") {
  const auto of = guard_of("    profile: vector_operations\n"
                           "    bulkhead: {concurrent: 8, queue: 5}\n"
                           "    breaker: {failures: 9}\n");
  auto expected = *guard_profile("vector_operations");
  expected.bulkhead->queue_max = 5;
  expected.breaker->failures_max = 9;
  CHECK(of == expected);
}

TEST_CASE("every profile can be named") {
  for (const auto name : guard_profile_names())
    CHECK(guard_of("    profile: " + std::string{name} + "\n")
          == *guard_profile(name));
}

TEST_CASE("unknown keys are errors with line and nearest name") {
  const auto reason
    = problem_of("    bulkhead: {concurrnt: 3, concurrent: 3}\n");
  CHECK(reason.kind == problem_kind::invalid_input);
  CHECK(reason.file == "guards.yaml");
  CHECK(reason.line == 5);
  CHECK(reason.key == "guards.g.bulkhead.concurrnt");
  CHECK(reason.hint == "did you mean \"concurrent\"?");
}

TEST_CASE("all problems are reported, in order of the file") {
  const auto all = problems_of("    rate: {count: 0}\n"
                               "    quota: {limit: 5, zone: Europe/Berlim}\n"
                               "    bulkhead: {queue: 3}\n"
                               "    retry: {factor: 0.5}\n"
                               "    breaker: {failure_ratio: 0}\n");
  REQUIRE(all.size() == 5);
  for (std::size_t i = 0; i < all.size(); ++i)
    CHECK(all[i].line == 5 + i);
  CHECK(all[1].hint == "did you mean \"Europe/Berlin\"?");
}

TEST_CASE("layers that contradict each other are errors") {
  const auto wrong = std::vector<std::pair<std::string, std::string>>{
    {"    deadline: 5s\n"
     "    bulkhead: {concurrent: 1, queue: 1, queue_timeout: 5s}\n",
     "a call would wait longer than its deadline"},
    {"    deadline: 5s\n    attempt_timeout: 6s\n",
     "an attempt may take longer than the whole call"},
    {"    deadline: 5s\n    attempt_timeout: 5s\n    retry: {}\n",
     "the deadline leaves no time for a second attempt"},
    {"    bulkhead: {concurrent: 1, queue_timeout: 5s}\n",
     "there is no queue to wait in"},
    {"    quota: {limit: 5, reserve: 5}\n",
     "the reserve leaves nothing to others"},
    {"    retry: {initial: 2m}\n", "the cap is below the first delay"},
    {"    retry: {on: []}\n", "no kind of error is worth a retry"},
    {"    retry_budget: {percent: 5}\n", "nothing is tried again"},
    {"    breaker: {mode: consecutive, window: 5s}\n",
     "does not apply to this mode"},
    {"    breaker: {mode: time, failures: 5}\n", "does not apply to this mode"},
    {"    breaker: {mode: count, calls: 10, calls_min: 11}\n",
     "the window never holds calls_min calls"},
    {"    breaker: {slow_ratio: 0.5}\n", "nothing is slow without slow_after"},
    {"    breaker: {open: 10s, open_cap: 5s}\n",
     "the cap is below the first open time"},
    {"    breaker: {slow_after: 5s}\n    attempt_timeout: 5s\n",
     "no success takes longer than attempt_timeout"},
    {"    breaker: {trial_timeout: 5s}\n    attempt_timeout: 6s\n",
     "a trial would be given up before its attempt"},
    {"    rate: {count: 1, per: 1d, burst: 1000000}\n",
     "the burst is worth more than ten years"}};
  for (const auto& [lines, message] : wrong) {
    INFO(lines);
    CHECK(problem_of(lines).message == message);
  }
}

TEST_CASE("trials last as long as attempts may") {
  const auto of = guard_of("    breaker: {}\n    attempt_timeout: 5m\n");
  CHECK(of.breaker->trial_timeout == 10min);
}

TEST_CASE("another kind of file is refused") {
  CHECK_FALSE(parse("apiVersion: troupe/v1\nkind: Workflow\nguards: {}\n"));
  CHECK_FALSE(parse("kind: Guards\nguards: {}\n"));
  CHECK_FALSE(parse("[]"));
  CHECK(parse("apiVersion: troupe/v1\nkind: Guards\nguards: {}\n"));
}

TEST_CASE("an unknown guard is refused with the nearest name") {
  const auto guards = parse(head + std::string{"  ado: {}\n  mail: {}\n"});
  REQUIRE(guards);
  CHECK(find_guard(*guards, "mail"));
  const auto wrong = find_guard(*guards, "mial");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().hint == "did you mean \"mail\"?");
  CHECK(find_guard({}, "x").error().hint == "no guard is defined");
}

TEST_CASE("the example of guards is read without problems") {
  const auto read = read_guards(
    (tests::source_dir() / "tools/examples/guards.yaml").string());
  REQUIRE(read);
  CHECK(read->size() == 2);
  CHECK(read_guards("/nowhere/guards.yaml").error().front().kind
        == problem_kind::not_found);
}

TEST_CASE("guard schema and reader know the same keys") {
  namespace keys = guard_keys;
  const auto of = schema();
  const auto& parts = of["$defs"];
  CHECK(properties(of) == names(keys::document));
  CHECK(properties(parts["guard"]) == names(keys::guard));
  CHECK(properties(parts["rate"]) == names(keys::rate));
  CHECK(properties(parts["quota"]) == names(keys::quota));
  CHECK(properties(parts["bulkhead"]) == names(keys::bulkhead));
  CHECK(properties(parts["retry"]) == names(keys::retry));
  CHECK(properties(parts["retry_kind"]) == names(keys::retry_kind));
  CHECK(properties(parts["retry_budget"]) == names(keys::retry_budget));
  CHECK(properties(parts["breaker"]) == names(keys::breaker));
  for (const auto& [name, part] : parts.items()) {
    if (part.at("type") != "object")
      continue;
    INFO(name);
    CHECK(part.at("additionalProperties") == false);
    for (const auto& [key, value] : part.at("properties").items())
      CHECK(value.contains("description"));
  }
}

TEST_CASE("the reader takes exactly the keys that it lists") {
  namespace keys = guard_keys;
  const auto check = [](const std::string& lines, const auto& listed) {
    const auto hint = known_keys(lines);
    for (const auto key : listed)
      CHECK(hint.find(key) != std::string::npos);
    CHECK(std::count(hint.begin(), hint.end(), ',') + 1
          == static_cast<std::ptrdiff_t>(listed.size()));
  };
  const auto unknown = std::string{"qqqqqqqqqqqqqqqqqqqqqqqq: 1"};
  check("    " + unknown + "\n", keys::guard);
  check("    rate: {" + unknown + "}\n", keys::rate);
  check("    quota: {" + unknown + "}\n", keys::quota);
  check("    bulkhead: {" + unknown + "}\n", keys::bulkhead);
  check("    retry: {" + unknown + "}\n", keys::retry);
  check("    retry: {kinds: {x: {" + unknown + "}}}\n", keys::retry_kind);
  check("    retry: {}\n    retry_budget: {" + unknown + "}\n",
        keys::retry_budget);
  check("    breaker: {" + unknown + "}\n", keys::breaker);
}

TEST_CASE("guard schema and reader know the same words") {
  const auto of = schema();
  const auto words = [&](const char* pointer) {
    return of.at(json::json_pointer{pointer}).get<name_set>();
  };
  CHECK(words("/$defs/quota/properties/window/enum")
        == spellings(quota_window_words));
  CHECK(words("/$defs/breaker/properties/mode/enum")
        == spellings(breaker_mode_words));
  CHECK(words("/$defs/retry/properties/jitter/enum")
        == spellings(retry_jitter_words));
  CHECK(words("/$defs/guard/properties/profile/enum")
        == names(guard_profile_names()));
}
