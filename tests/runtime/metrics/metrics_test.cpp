#include "runtime/metrics/metrics.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

using namespace troupe::runtime;

namespace {

const auto commits
  = metric_spec{"troupe_store_commits_total", "Transactions committed", {}};
const auto steps = metric_spec{
  "troupe_engine_steps_total", "Steps ended", {"activity", "result"}};
const auto queue = metric_spec{"troupe_store_queue_items", "Waiting", {}};
const auto sync_time
  = metric_spec{"troupe_store_sync_seconds", "Time of a sync", {"store"}};

const metric_sample& find(const std::vector<metric_sample>& samples,
                          const std::string& name) {
  for (const auto& sample : samples)
    if (sample.name == name)
      return sample;
  FAIL("no sample " << name);
  return samples.front();
}

double refused(const metrics_registry& registry) {
  return find(registry.snapshot(), "troupe_metrics_refused_label_sets_total")
    .value;
}

} // namespace

TEST_CASE("a counter only goes up") {
  auto registry = metrics_registry{};
  const auto count = registry.get_counter(commits).value();
  count.increment();
  count.increment(2.5);
  count.increment(-7.0);
  count.increment(std::nan(""));
  CHECK(count.value() == 3.5);
}

TEST_CASE("a gauge shows what was set last, and what was added since") {
  auto registry = metrics_registry{};
  const auto waiting = registry.get_gauge(queue).value();
  waiting.set(5.0);
  waiting.add(-2.0);
  CHECK(waiting.value() == 3.0);
}

TEST_CASE("a histogram counts each value up to every bound it is below") {
  auto registry = metrics_registry{};
  const auto times
    = registry.get_histogram(sync_time, {0.1, 1.0}, {"main"}).value();
  for (const auto value : {0.05, 0.1, 0.5, 3.0, std::nan("")})
    times.observe(value);
  const auto samples = registry.snapshot();
  const auto& sample = find(samples, "troupe_store_sync_seconds");
  CHECK(sample.kind == metric_kind::histogram);
  CHECK(sample.count == 4);
  CHECK(sample.value == Approx(3.65));
  REQUIRE(sample.buckets.size() == 3);
  CHECK(sample.buckets[0].count == 2);
  CHECK(sample.buckets[1].count == 3);
  CHECK(sample.buckets[2].count == 4);
  CHECK(std::isinf(sample.buckets[2].upper_bound));
}

TEST_CASE("an empty handle does nothing") {
  counter{}.increment();
  gauge{}.set(1.0);
  gauge{}.add(1.0);
  histogram{}.observe(1.0);
  CHECK(counter{}.value() == 0.0);
  CHECK(gauge{}.value() == 0.0);
}

TEST_CASE("declaring a metric again goes on with the same one") {
  auto registry = metrics_registry{};
  registry.get_counter(steps, {"score", "ok"})->increment();
  registry.get_counter(steps, {"score", "ok"})->increment();
  CHECK(registry.get_counter(steps, {"score", "ok"})->value() == 2.0);
  CHECK(registry.get_counter(steps, {"score", "failed"})->value() == 0.0);
}

TEST_CASE("a name cannot mean two things") {
  auto registry = metrics_registry{};
  REQUIRE(registry.get_gauge(queue));
  REQUIRE(registry.get_histogram(sync_time, {1.0}, {"a"}));
  auto other = queue;
  other.label_names = {"shard"};
  CHECK(registry.get_gauge(other, {"1"}).error().kind
        == problem_kind::conflict);
  CHECK(registry.get_histogram(queue, {1.0}).error().kind
        == problem_kind::conflict);
  CHECK(registry.get_histogram(sync_time, {2.0}, {"a"}).error().kind
        == problem_kind::conflict);
}

TEST_CASE("a bad declaration is refused") {
  auto registry = metrics_registry{};
  for (const auto name :
       {"", "store_commits_total", "troupe_Store_total", "troupe_store-total",
        "troupe_store_commits", "troupe_caf\u00e9_total"})
    CHECK(registry.get_counter({name, "help", {}}).error().kind
          == problem_kind::invalid_input);
  CHECK_FALSE(registry.get_gauge({"troupe_store_items_total", "help", {}}));
  CHECK_FALSE(registry.get_gauge({"troupe_store_items", "", {}}));
  for (const auto& labels : std::vector<std::vector<std::string>>{
         {""}, {"le"}, {"A"}, {"a", "a"}, {"__name__"}})
    CHECK_FALSE(registry.get_gauge({"troupe_store_items", "help", labels},
                                   std::vector<std::string>(labels.size())));
  for (const auto& buckets : std::vector<std::vector<double>>{
         {},
         {2.0, 1.0},
         {1.0, 1.0},
         {std::numeric_limits<double>::infinity()},
         {std::nan("")},
         std::vector<double>(65)})
    CHECK_FALSE(registry.get_histogram(sync_time, buckets, {"a"}));
}

TEST_CASE("the number of label sets is bounded and refusals are counted") {
  auto registry = metrics_registry{2};
  const auto first = registry.get_counter(steps, {"a", "ok"}).value();
  registry.get_counter(steps, {"b", "ok"})->increment();
  const auto third = registry.get_counter(steps, {"c", "ok"});
  REQUIRE(third);
  third->increment();
  CHECK(third->value() == 0.0);
  CHECK(refused(registry) == 1.0);
  registry.get_counter(steps, {"a", "ok"})->increment();
  CHECK(first.value() == 1.0);
  CHECK(registry.render().find("\"c\"") == std::string::npos);
}

TEST_CASE("a label value that is no proper text is refused") {
  auto registry = metrics_registry{};
  for (const auto& value :
       {std::string(129, 'x'), std::string{"\xff"}, std::string{"a\nb"}})
    CHECK(registry.get_counter(steps, {value, "ok"})->value() == 0.0);
  CHECK(registry.get_counter(steps, {"only one"})->value() == 0.0);
  CHECK(refused(registry) == 4.0);
  CHECK(registry.render().find("troupe_engine_steps_total{")
        == std::string::npos);
}

TEST_CASE("metrics are rendered in Prometheus' text format, in order") {
  auto registry = metrics_registry{};
  registry.get_histogram(sync_time, {0.5}, {"main"})->observe(0.25);
  registry.get_counter(steps, {"score", "ok"})->increment(2);
  registry.get_counter(steps, {"a\"b\\", "ok"})->increment();
  registry.get_gauge(queue)->set(0.5);
  CHECK(
    registry.render()
    == "# HELP troupe_engine_steps_total Steps ended\n"
       "# TYPE troupe_engine_steps_total counter\n"
       "troupe_engine_steps_total{activity=\"a\\\"b\\\\\",result=\"ok\"} 1\n"
       "troupe_engine_steps_total{activity=\"score\",result=\"ok\"} 2\n"
       "# HELP troupe_metrics_refused_label_sets_total Label sets that "
       "were refused to bound the metrics\n"
       "# TYPE troupe_metrics_refused_label_sets_total counter\n"
       "troupe_metrics_refused_label_sets_total 0\n"
       "# HELP troupe_store_queue_items Waiting\n"
       "# TYPE troupe_store_queue_items gauge\n"
       "troupe_store_queue_items 0.5\n"
       "# HELP troupe_store_sync_seconds Time of a sync\n"
       "# TYPE troupe_store_sync_seconds histogram\n"
       "troupe_store_sync_seconds_count{store=\"main\"} 1\n"
       "troupe_store_sync_seconds_sum{store=\"main\"} 0.25\n"
       "troupe_store_sync_seconds_bucket{store=\"main\",le=\"0.5\"} 1\n"
       "troupe_store_sync_seconds_bucket{store=\"main\",le=\"+Inf\"} 1\n");
}

TEST_CASE("every series has the constant labels of its registry") {
  auto registry = metrics_registry{200, {{"node", "a"}}};
  registry.get_counter(steps, {"noop", "ok"}).value().increment();
  CHECK(registry.render().find("troupe_engine_steps_total{node=\"a\","
                               "activity=\"noop\",result=\"ok\"} 1\n")
        != std::string::npos);
}

TEST_CASE("a gauge that is removed is shown no more, until it is set again") {
  auto registry = metrics_registry{};
  registry.get_gauge(queue).value().set(3);
  registry.remove_gauge(queue.name);
  CHECK(registry.render().find(queue.name + " ") == std::string::npos);
  registry.get_gauge(queue).value().set(4);
  CHECK(registry.render().find(queue.name + " 4\n") != std::string::npos);
  registry.get_counter(commits).value().increment();
  registry.remove_gauge(commits.name);
  registry.remove_gauge("troupe_nobody_knows");
  CHECK(registry.get_counter(commits).value().value() == 1.0);
}

TEST_CASE("a snapshot is rendered as JSON") {
  auto registry = metrics_registry{};
  registry.get_histogram(sync_time, {0.5}, {"main"})->observe(0.25);
  registry.get_gauge(queue)->set(std::nan(""));
  const auto json = nlohmann::json::parse(render_json(registry.snapshot()));
  REQUIRE(json.size() == 3);
  CHECK(json[0]["kind"] == "counter");
  CHECK(json[1]["name"] == "troupe_store_queue_items");
  CHECK(json[1]["value"] == "NaN");
  CHECK(json[2]["labels"]["store"] == "main");
  CHECK(json[2]["sum"] == 0.25);
  CHECK(json[2]["count"] == 1);
  CHECK(json[2]["buckets"][1]["le"] == "+Inf");
  CHECK(json[2]["buckets"][1]["count"] == 1);
}

TEST_CASE("the buckets for durations are fit to be buckets") {
  auto registry = metrics_registry{};
  CHECK(registry.get_histogram(sync_time, duration_buckets(), {"a"}));
}

TEST_CASE("threads count together without losing anything") {
  auto registry = metrics_registry{};
  auto threads = std::vector<std::thread>{};
  for (auto thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (auto i = 0; i < 1'000; ++i) {
        registry.get_counter(commits)->increment();
        registry.get_histogram(sync_time, {1.0}, {"a"})->observe(0.5);
        if (i % 250 == 0)
          (void)registry.render();
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(registry.get_counter(commits)->value() == 4'000.0);
  CHECK(find(registry.snapshot(), "troupe_store_sync_seconds").count == 4'000);
}
