#include "tests/cluster/processes/cluster_load.hpp"

#include "actors/engine/recorded_runs.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "tests/cluster/processes/namespace_network.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <utility>

namespace troupe::tests {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto between_runs = 100ms;
constexpr auto between_looks = 20ms;

/// Steps of the run that did not succeed exactly once.
std::string wrong_steps(engine::recorded_runs& stored, const std::string& run) {
  const auto found = stored.find(run);
  if (!found)
    return run + " is not stored\n";
  const auto history = stored.history(found->number);
  if (!history)
    return run + ": " + runtime::render(history.error()) + "\n";
  auto successes = std::map<std::string, int>{};
  for (const auto& event : *history)
    if (event.has_succeeded())
      ++successes[event.succeeded().task().SerializeAsString()];
  auto text = std::string{};
  for (const auto& [task, times] : successes)
    if (times != 1)
      text += run + ": a step succeeded " + std::to_string(times) + " times\n";
  return text;
}

constexpr auto audit_sql = R"sql(
CREATE SCHEMA audit;
CREATE TABLE audit.holders (epoch bigint, holder text, UNIQUE (epoch, holder));
CREATE FUNCTION audit.note_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.holder <> '' THEN
    INSERT INTO audit.holders VALUES (NEW.epoch, NEW.holder)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER note_holder AFTER INSERT OR UPDATE ON leases
FOR EACH ROW EXECUTE FUNCTION audit.note_holder();
CREATE TABLE audit.writes (
  number bigserial PRIMARY KEY, epoch bigint, writer text);
CREATE FUNCTION audit.note_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit.writes (epoch, writer)
  SELECT DISTINCT epoch, host(inet_client_addr()) FROM written;
  RETURN NULL;
END $$;
CREATE TRIGGER note_write AFTER INSERT ON engine_history
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION audit.note_write();
)sql";

/// Of each query: what is wrong with the first column of its rows.
constexpr auto audits = std::array{
  std::pair{"SELECT 0 WHERE NOT EXISTS (SELECT FROM audit.writes)",
            "nobody wrote since epoch "},
  std::pair{"SELECT epoch FROM audit.holders GROUP BY epoch"
            " HAVING count(DISTINCT holder) > 1",
            "more than one held the lease in epoch "},
  std::pair{"SELECT epoch FROM audit.writes GROUP BY epoch"
            " HAVING count(DISTINCT writer) > 1",
            "more than one wrote in epoch "},
  std::pair{"SELECT epoch FROM (SELECT epoch, max(epoch) OVER (ORDER BY number)"
            " AS newest FROM audit.writes) AS w WHERE epoch < newest",
            "a later one had written before a write of epoch "}};

} // namespace

void cluster_load::add(int count) {
  for (auto i = 0; i < count; ++i)
    runs_.push_back(cluster_.submit(text_, next_key(), i % 2 == 0 ? "a" : "b"));
}

void cluster_load::keep_up() {
  const auto now = steady::now();
  if (now - last_ < between_runs)
    return;
  last_ = now;
  if (auto run = cluster_.try_to_submit(text_, next_key(), whom_to_ask()))
    runs_.push_back(std::move(*run));
}

std::string cluster_load::whom_to_ask() const {
  auto found = std::string{"a"};
  auto newest = std::uint64_t{0};
  for (const std::string node : {"a", "b"})
    if (const auto seen = cluster_.status(node);
        seen && seen->leader() == node && seen->epoch() > newest) {
      found = node;
      newest = seen->epoch();
    }
  return found;
}

void cluster_load::keep_up_for(std::chrono::milliseconds time) {
  const auto end = steady::now() + time;
  while (steady::now() < end) {
    keep_up();
    std::this_thread::sleep_for(between_looks);
  }
}

void cluster_load::stream(const std::stop_token& stop, int number) {
  constexpr auto nodes = std::array{"a", "b", "v", "w"};
  auto done = 0;
  for (auto asked = std::size_t{0}; !stop.stop_requested(); ++asked) {
    const auto key = name_ + "-stream-" + std::to_string(number) + "-"
                     + std::to_string(done);
    if (auto run = cluster_.ask(nodes[asked % nodes.size()], text_, key)) {
      const auto guard = std::lock_guard{mutex_};
      runs_.push_back(std::move(*run));
      ++done;
    }
    std::this_thread::sleep_for(between_runs);
  }
}

void cluster_load::check() const {
  const auto ended = cluster_.await(runs_);
  INFO(ended.why);
  CHECK(ended.completed == runs_.size());
  CHECK(ledger_.effects().size() >= runs_.size() * step_count);
  auto stored = engine::recorded_runs::open(cluster_.store());
  REQUIRE(stored);
  auto wrong = std::string{};
  for (const auto& run : runs_)
    wrong += wrong_steps(*stored, run);
  CHECK(wrong.empty());
  CHECK(audit(cluster_).empty());
  CHECK(cluster_.doctor().empty());
}

process_cluster* disturbable_cluster() {
  static auto why_not = std::string{};
  static auto is_audited = false;
  static const auto cluster = [] {
    auto network
      = namespace_network::create(process_cluster::host_names(), why_not);
    return network ? std::make_unique<process_cluster>(std::move(network))
                   : nullptr;
  }();
  if (!cluster) {
    WARN("skipped, as no network can be made here: " << why_not);
    return nullptr;
  }
  cluster->heal();
  // Not earlier, as it needs the tables.
  if (!std::exchange(is_audited, true))
    cluster->database().execute(audit_sql);
  return cluster.get();
}

std::string audit(const process_cluster& cluster) {
  auto stored = runtime::snapshot_reader::open(cluster.store());
  if (!stored)
    return runtime::render(stored.error());
  auto text = std::string{};
  for (const auto& [sql, meaning] : audits) {
    const auto read = stored->query(
      sql, {}, [&, what = meaning](const runtime::sql_row& row) {
        text += what + std::to_string(row.integer(0)) + "\n";
      });
    if (!read)
      text += runtime::render(read.error());
  }
  return text;
}

} // namespace troupe::tests
