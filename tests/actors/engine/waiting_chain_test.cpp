#include "actors/engine/local_engine.hpp"
#include "actors/engine/waiting_chain.hpp"
#include "tests/actors/engine/stored_run.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

constexpr auto asked = R"(apiVersion: troupe/v1
kind: Workflow
id: asked
concurrency: {key: one, limit: 1, on_conflict: queue}
steps:
- {id: a, activity: signal, with: {name: go}}
)";

std::string submit(local_engine& engine) {
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(asked);
  const auto run = engine.submit(wanted);
  REQUIRE(run);
  return run->run_id();
}

std::vector<waiting_link> chain_of(const std::string& store,
                                   const std::string& run_id) {
  auto runs = recorded_runs::open(store);
  REQUIRE(runs);
  const auto run = fold_run(*runs, run_id);
  auto chain = waiting_chain(*runs, *run, {});
  REQUIRE(chain);
  REQUIRE(name_holders(*chain, *run, store));
  return *chain;
}

} // namespace

TEST_CASE("why a run waits is told step by step, with who holds its key") {
  using kind = waiting_reason::kind;
  const auto folder = temporary_folder{};
  auto options = local_engine_options{};
  options.store = (folder / "store.db").string();
  options.threads = 2;
  auto engine = local_engine::start(options);
  REQUIRE(engine);
  const auto first = submit(*engine);
  const auto second = submit(*engine);
  while (engine->progress(first)->waiting_on() != "signal") {
  }
  // Behind whatever is being stored.
  submit(*engine);
  const auto of_first = chain_of(options.store, first);
  REQUIRE(of_first.size() == 2);
  CHECK(of_first[0].who == "run " + first);
  CHECK(of_first[0].why.what == kind::signal);
  CHECK(of_first[1].who == "step a");
  CHECK(of_first[1].why.what == kind::signal);
  CHECK(of_first[0].holders.empty());
  const auto of_second = chain_of(options.store, second);
  REQUIRE_FALSE(of_second.empty());
  CHECK(of_second[0].why.what == kind::slot);
  CHECK(of_second[0].holders == std::vector<std::string>{first});
}
