#include "actors/scoring/real_time_scorer.hpp"
#include "actors/scoring/scorer.hpp"
#include "actors/scoring/scoring_check.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "tests/actors/scoring/changing_portfolio.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/places.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

namespace {

/// A portfolio that was scored as a whole, in a store.
struct scored_portfolio {
  explicit scored_portfolio(rule_set rules)
    : configuration{changing_configuration(rules, normalisation::minmax)} {
    items = folder.write("items.jsonl", portfolio.text());
    open();
    whole = score(scoring_mode::full, {}).value();
  }

  void open() {
    auto options = scorer_options{};
    options.workers = 2;
    options.store = store();
    scorer_.emplace(scorer::create(options).value());
  }

  void close() {
    scorer_.reset();
  }

  runtime::outcome<scoring_result> score(scoring_mode mode,
                                         std::vector<std::string> ids,
                                         std::string base = {}) {
    auto request = scoring_request{};
    request.configuration = configuration;
    request.mode = mode;
    request.items = items;
    request.ids = std::move(ids);
    request.base = std::move(base);
    request.batch_size = 7;
    request.out = folder / "out";
    return scorer_->score(std::move(request));
  }

  [[nodiscard]] std::string store() const {
    return folder / "store.db";
  }

  /// The first column of the first row.
  [[nodiscard]] std::string ask(const std::string& sql) const {
    auto reader = runtime::snapshot_reader::open(store()).value();
    auto answer = std::string{};
    const auto asked
      = reader.query(sql, {}, [&](const runtime::sqlite_row& row) {
          if (answer.empty())
            answer = row.text(0);
        });
    REQUIRE(asked);
    return answer;
  }

  temporary_folder folder;
  changing_portfolio portfolio{5, 30};
  scoring_configuration configuration;
  std::string items;
  scoring_result whole;
  std::optional<scorer> scorer_;
};

struct place {
  std::uint32_t rank = 0;
  double total = 0.0;
  double strategic = 0.0;

  friend bool operator==(const place&, const place&) = default;
};

place place_of(const scoring_result& result, const std::string& id) {
  for (const auto& batch : result.batches)
    for (std::size_t row = 0; row < batch.rows(); ++row)
      if (batch.id(row) == id)
        return {batch.overall_ranks.counts()[row],
                batch.totals.total.doubles()[row],
                batch.totals.strategic.doubles()[row]};
  FAIL("no item " << id);
  return {};
}

/// The actor, on a store with a scored portfolio.
struct scorer_at_work : live_fixture {
  scorer_at_work() {
    before.close();
    auto options = runtime::store_options{};
    options.path = before.store();
    store = runtime::spawn_store(system, options, scoring_schema()).value();
    own(store);
    scorer = spawn(store);
  }

  real_time_scorer_actor spawn(const runtime::store_actor& to,
                               std::size_t waiting_max = 10) {
    auto options = real_time_scorer_options{};
    options.basis
      = load_real_time_basis(before.store(), before.configuration).value();
    options.store = to;
    options.now = [] { return runtime::clock::wall_time{}; };
    options.next_run = [this] { return "run-" + std::to_string(++runs); };
    options.items_max = 3;
    options.bytes_max = 2'000;
    options.waiting_max = waiting_max;
    const auto made = spawn_real_time_scorer(system, std::move(options));
    own(made);
    return made;
  }

  static messages::ScoreItems command(const std::string& items) {
    auto message = messages::ScoreItems{};
    message.set_items(items);
    return message;
  }

  /// Why a request was refused.
  runtime::problem refusal(const std::string& items) {
    auto outcome = request(scorer, command(items));
    REQUIRE(std::holds_alternative<caf::error>(outcome));
    return runtime::to_problem(std::get<caf::error>(outcome), system);
  }

  scored_portfolio before{rule_set::standard};
  int runs = 0;
  runtime::store_actor store;
  real_time_scorer_actor scorer;
};

std::string line(const std::string& id, double value) {
  auto text = "{\"work_item_id\":\"" + id + '"';
  for (const auto* key : {"v0", "v1", "v2", "v3"})
    text += ",\"" + std::string{key} + "\":" + std::to_string(value);
  return text + "}\n";
}

} // namespace

TEST_CASE("an unchanged item scores in real time as in the whole run") {
  const auto rules = GENERATE(rule_set::standard, rule_set::compat);
  auto scored = scored_portfolio{rules};
  const auto result
    = scored.score(scoring_mode::real_time, {"9", "3", "21"}).value();
  CHECK(result.items == 3);
  CHECK(result.base_run == scored.whole.run);
  CHECK(result.base_items == 30);
  for (const auto* id : {"3", "9", "21"})
    CHECK(place_of(result, id) == place_of(scored.whole, id));
  CHECK(scored.ask("SELECT base_run FROM scoring_runs WHERE run_id = '"
                   + result.run + "' AND mode = 'real_time'")
        == scored.whole.run);
  CHECK(scored.ask("SELECT group_concat(item_id) FROM (SELECT item_id FROM"
                   " scoring_items JOIN scoring_runs ON number = run WHERE"
                   " mode = 'real_time' ORDER BY row)")
        == "3,9,21");
  const auto totals = read_file(scored.folder / "out" / "totals.csv");
  CHECK(std::count(totals.begin(), totals.end(), '\n') == 4);
}

TEST_CASE("all items of a small source are scored when none is named") {
  auto scored = scored_portfolio{rule_set::standard};
  const auto result = scored.score(scoring_mode::real_time, {}).value();
  CHECK(result.items == 30);
}

TEST_CASE("an id that the source does not have is not found") {
  auto scored = scored_portfolio{rule_set::standard};
  const auto result = scored.score(scoring_mode::real_time, {"3", "404"});
  REQUIRE(!result);
  CHECK(result.error().kind == runtime::problem_kind::not_found);
  CHECK(result.error().message == "no item \"404\"");
  CHECK(result.error().file == scored.items);
  CHECK(scored.ask("SELECT count(*) FROM scoring_runs") == "1");
}

TEST_CASE("real-time scoring needs a whole run first") {
  auto scored = scored_portfolio{rule_set::standard};
  scored.configuration.categories[0].weight = 0.4;
  scored.configuration.categories[1].weight = 0.4;
  const auto result = scored.score(scoring_mode::real_time, {"3"});
  REQUIRE(!result);
  CHECK(result.error().kind == runtime::problem_kind::not_found);
  CHECK(result.error().hint.find("--mode full") != std::string::npos);
}

TEST_CASE("a run builds on the base that is named, not on the newest") {
  auto scored = scored_portfolio{rule_set::standard};
  const auto first = scored.whole.run;
  // Another portfolio, with the same configuration.
  scored.items = scored.folder.write("other.jsonl", line("new", 60.0));
  REQUIRE(scored.score(scoring_mode::full, {}));
  scored.items = scored.folder / "items.jsonl";
  const auto whole = scored.score(scoring_mode::incremental, {}, "1").value();
  CHECK(whole.reason == "0 of 30 items changed");
  CHECK(scored.ask("SELECT base_run FROM scoring_runs WHERE run_id = '"
                   + whole.run + "'")
        == first);
  const auto single
    = scored.score(scoring_mode::real_time, {"3"}, first).value();
  CHECK(single.base_run == first);
  CHECK(single.base_items == 30);
  CHECK(place_of(single, "3") == place_of(scored.whole, "3"));
}

TEST_CASE("a base that cannot be one is refused") {
  auto scored = scored_portfolio{rule_set::standard};
  REQUIRE(scored.score(scoring_mode::real_time, {"3"}));
  const auto mode
    = GENERATE(scoring_mode::incremental, scoring_mode::real_time);
  const auto refusal_of = [&](scoring_mode how, const std::string& base) {
    const auto result = scored.score(how, {}, base);
    REQUIRE_FALSE(result);
    CHECK(result.error().key == "--base");
    return result.error();
  };
  CHECK(refusal_of(mode, "7").kind == runtime::problem_kind::not_found);
  CHECK(refusal_of(mode, "2").message.find("real time") != std::string::npos);
  CHECK(refusal_of(scoring_mode::full, "1").kind
        == runtime::problem_kind::invalid_input);
  scored.configuration.categories[0].weight = 0.4;
  scored.configuration.categories[1].weight = 0.4;
  const auto other = refusal_of(mode, "1");
  CHECK(other.kind == runtime::problem_kind::invalid_input);
  CHECK(other.message == "run 1 was scored with another configuration");
  CHECK(scored.ask("SELECT count(*) FROM scoring_runs") == "2");
}

TEST_CASE("ids are refused where everything is scored") {
  auto scored = scored_portfolio{rule_set::standard};
  const auto result = scored.score(scoring_mode::full, {"3"});
  REQUIRE(!result);
  CHECK(result.error().kind == runtime::problem_kind::invalid_input);
}

TEST_CASE("a real-time run is no base for later runs") {
  auto scored = scored_portfolio{rule_set::standard};
  const auto one = scored.score(scoring_mode::real_time, {"3"}).value();
  const auto two = scored.score(scoring_mode::real_time, {"4"}).value();
  CHECK(two.base_run == scored.whole.run);
  const auto next = scored.score(scoring_mode::incremental, {}).value();
  CHECK(next.reason == "0 of 30 items changed");
  CHECK(scored.ask("SELECT base_run FROM scoring_runs WHERE run_id = '"
                   + next.run + "'")
        == scored.whole.run);
}

TEST_CASE("real-time and incremental runs are sound in the store") {
  auto scored = scored_portfolio{rule_set::standard};
  REQUIRE(scored.score(scoring_mode::real_time, {"3", "7", "11"}));
  REQUIRE(scored.score(scoring_mode::incremental, {}));
  for (const auto& reason : check_scorings(scored.store()).problems)
    FAIL_CHECK(runtime::render(reason));
}

TEST_CASE("the last run of the history is a whole one") {
  auto scored = scored_portfolio{rule_set::standard};
  const auto one = scored.score(scoring_mode::real_time, {"3"}).value();
  auto history = scoring_history::open(scored.store()).value();
  CHECK(history.find_run("last").value().id == scored.whole.run);
  const auto points = history.item_history("3").value();
  REQUIRE(points.size() == 2);
  CHECK(points[0].run.id == one.run);
  CHECK(points[0].total == points[1].total);
  CHECK(history.explain("3", one.run, 3).value().item.ranks.overall
        == points[1].ranks.overall);
}

TEST_CASE("real-time runs do not drive whole runs out of the store") {
  auto scored = scored_portfolio{rule_set::standard};
  for (auto i = 0; i < 3; ++i)
    REQUIRE(scored.score(scoring_mode::real_time, {"3"}));
  scored.close();
  auto options = scorer_options{};
  options.store = scored.store();
  options.runs_kept = 2;
  scored.scorer_.emplace(scorer::create(options).value());
  REQUIRE(scored.score(scoring_mode::full, {}));
  CHECK(scored.ask("SELECT group_concat(mode) FROM scoring_runs")
        == "full,real_time,real_time,real_time,full");
  REQUIRE(scored.score(scoring_mode::full, {}));
  CHECK(scored.ask("SELECT group_concat(mode) FROM scoring_runs")
        == "full,full");
  CHECK(scored.ask("SELECT count(*) FROM scoring_items") == "60");
}

TEST_CASE_METHOD(scorer_at_work, "a reply means that the scores are stored") {
  const auto reply = reply_of(
    request(scorer, command(line("new", 50.0) + line("top", 100.0))), system);
  CHECK(reply.run() == "run-1");
  CHECK(reply.base_run() == before.whole.run);
  CHECK(reply.base_items() == 30);
  REQUIRE(reply.scores_size() == 2);
  CHECK(reply.scores(0).item() == "new");
  CHECK(reply.scores(0).completeness() == 1.0);
  CHECK(std::stod(before.ask(
          "SELECT total FROM scoring_items JOIN scoring_runs ON number = run"
          " WHERE run_id = 'run-1' AND item_id = 'new'"))
        == Approx(reply.scores(0).total()));
}

TEST_CASE_METHOD(scorer_at_work,
                 "values beyond the extremes count as the extremes") {
  const auto reply = reply_of(
    request(scorer, command(line("at", 100.0) + line("beyond", 1e6))), system);
  CHECK(reply.scores(0).total() == reply.scores(1).total());
  CHECK(reply.scores(0).rank() == reply.scores(1).rank());
}

TEST_CASE_METHOD(scorer_at_work,
                 "a rank is one more than the items with a higher total") {
  const auto reply
    = reply_of(request(scorer, command(line("new", 60.0))), system);
  auto above = 0u;
  for (const auto& batch : before.whole.batches)
    for (const auto total : batch.totals.total.doubles())
      above += total > reply.scores(0).total() ? 1u : 0u;
  CHECK(reply.scores(0).rank() == above + 1);
}

TEST_CASE_METHOD(scorer_at_work,
                 "a bad request is refused and stores nothing") {
  CHECK(refusal("{\"work_item_id\":").line == 1);
  CHECK(refusal(line("a", 1) + line("a", 2)).message.find("twice")
        != std::string::npos);
  for (const auto& text :
       {std::string{},
        line("a", 1) + line("b", 1) + line("c", 1) + line("d", 1),
        std::string(3'000, ' ')})
    CHECK(refusal(text).kind == runtime::problem_kind::invalid_input);
  CHECK(before.ask("SELECT count(*) FROM scoring_runs") == "1");
}

TEST_CASE_METHOD(scorer_at_work, "requests that would pile up are refused") {
  // A disk that never answers.
  const auto silent = system.spawn([](runtime::store_actor::pointer self) {
    return runtime::store_actor::behavior_type{
      [=](const messages::CommitTransaction&, const messages::column_block&) {
        return self->make_response_promise<messages::TransactionCommitted>();
      },
      [](const messages::GetStoreStatus&) { return messages::StoreStatus{}; },
    };
  });
  own(silent);
  scorer = spawn(silent, 1);
  client->send(scorer, command(line("a", 1.0)));
  CHECK(refusal(line("b", 1.0)).kind == runtime::problem_kind::unavailable);
}
