#include "actors/scoring/hierarchy.hpp"
#include "runtime/tabular/csv_reader.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <random>

namespace troupe::scoring {

namespace {

using kind = hierarchy_warning::kind;

/// A small portfolio, item by item.
struct portfolio {
  item_batch batch;

  portfolio& add(std::string_view id, std::string_view parent,
                 work_item_type type = work_item_type::none,
                 work_item_state state = work_item_state::none,
                 double points = missing_value, double risk = missing_value) {
    batch.ids.add(id);
    batch.parents.add(parent);
    batch.types.push_back(static_cast<std::uint8_t>(type));
    batch.states.push_back(static_cast<std::uint8_t>(state));
    batch.story_points.push_back(points);
    batch.risks.push_back(risk);
    batch.complexities.push_back(points);
    ++batch.rows;
    return *this;
  }

  [[nodiscard]] hierarchy build() const {
    return build_hierarchy(hierarchy_of(batch));
  }
};

} // namespace

TEST_CASE("story points roll up over all descendants") {
  using state = work_item_state;
  using type = work_item_type;
  const auto built
    = portfolio{}
        .add("story", "feature", type::user_story, state::closed, 3.0, 10.0)
        .add("epic", "", type::epic, state::active, 1.0)
        .add("task", "story", type::task, state::resolved, 2.0, 40.0)
        .add("feature", "epic", type::feature, state::active)
        .add("dropped", "feature", type::user_story, state::deferred, 4.0)
        .build();
  CHECK(built.warnings.empty());
  const auto& epic = built.sums[1];
  CHECK(epic.descendants == 4);
  CHECK(epic.story_points == 10.0);
  CHECK(epic.completed == 5.0);
  CHECK(epic.cancelled == 4.0);
  CHECK(epic.completion_percent == 50.0);
  CHECK(epic.mean_risk == 25.0);
  CHECK(epic.mean_complexity == 2.5);
  CHECK(built.sums[0].story_points == 5.0);
  CHECK(built.sums[3].story_points == 9.0);
  CHECK(built.sums[2].descendants == 0);
  CHECK(std::isnan(built.sums[4].mean_risk));
  CHECK(built.parents == std::vector<std::uint32_t>{3, no_parent, 0, 1, 3});
}

TEST_CASE("nothing completed of nothing is 0 percent") {
  const auto built
    = portfolio{}
        .add("a", "", work_item_type::none, work_item_state::closed)
        .build();
  CHECK(built.sums[0].completion_percent == 0.0);
}

TEST_CASE("legal parents are those of the specification") {
  using type = work_item_type;
  const auto pio = type::program_increment_objective;
  CHECK(is_legal_parent(type::user_story, type::feature));
  CHECK(is_legal_parent(type::user_story, pio));
  CHECK_FALSE(is_legal_parent(type::user_story, type::epic));
  CHECK(is_legal_parent(type::feature, type::epic));
  CHECK(is_legal_parent(type::feature, pio));
  CHECK_FALSE(is_legal_parent(type::feature, type::task));
  CHECK(is_legal_parent(pio, type::epic));
  CHECK_FALSE(is_legal_parent(pio, type::feature));
  for (auto any : {type::none, type::epic, pio, type::feature, type::user_story,
                   type::task, type::bug}) {
    CHECK_FALSE(is_legal_parent(type::epic, any));
    CHECK(is_legal_parent(type::task, any));
    CHECK(is_legal_parent(type::bug, any));
  }
}

TEST_CASE("odd parents are warnings that name the items") {
  const auto built = portfolio{}
                       .add("a", "nowhere")
                       .add("f", "t", work_item_type::feature)
                       .add("t", "", work_item_type::task)
                       .build();
  REQUIRE(built.warnings.size() == 2);
  CHECK(built.warnings[0].what == kind::unknown_parent);
  CHECK(built.warnings[0].rows == std::vector<std::uint32_t>{0});
  CHECK(built.warnings[0].message.find("nowhere") != std::string::npos);
  CHECK(built.warnings[1].what == kind::wrong_parent_type);
  CHECK(built.warnings[1].message == "Feature \"f\" is below Task \"t\"");
  CHECK(built.parents[1] == 2);
}

TEST_CASE("a cycle is reported once with its members") {
  const auto built
    = portfolio{}
        .add("tail", "c", work_item_type::none, work_item_state::none, 1.0)
        .add("c", "b", work_item_type::none, work_item_state::none, 2.0)
        .add("a", "c", work_item_type::none, work_item_state::none, 4.0)
        .add("b", "a", work_item_type::none, work_item_state::none, 8.0)
        .add("self", "self")
        .build();
  REQUIRE(built.warnings.size() == 2);
  CHECK(built.warnings[0].what == kind::cycle);
  CHECK(built.warnings[0].rows == std::vector<std::uint32_t>{1, 3, 2});
  CHECK(built.warnings[0].message
        == "items are their own ancestors: \"c\" below \"b\" below \"a\" "
           "below \"c\"");
  CHECK(built.warnings[1].rows == std::vector<std::uint32_t>{4});
  CHECK(built.sums[1].story_points == 3.0);
  CHECK(built.sums[2].story_points == 4.0);
}

TEST_CASE("a chain of a million items is rolled up") {
  constexpr auto depth = std::uint32_t{1'000'000};
  auto batch = item_batch{};
  for (auto i = std::uint32_t{0}; i < depth; ++i) {
    batch.ids.add(std::to_string(i));
    batch.parents.add(i == 0 ? "" : std::to_string(i - 1));
  }
  batch.story_points.assign(depth, 1.0);
  batch.rows = depth;
  auto built = build_hierarchy(hierarchy_of(batch));
  CHECK(built.warnings.empty());
  CHECK(built.sums[0].descendants == depth - 1);
  CHECK(built.sums[0].story_points == depth);
}

TEST_CASE("random links are summed as a naive walk sums them") {
  auto random = std::mt19937{5};
  for (auto round = 0; round < 50; ++round) {
    constexpr auto rows = std::uint32_t{60};
    auto items = portfolio{};
    for (auto i = std::uint32_t{0}; i < rows; ++i) {
      const auto parent = random() % (rows + 20);
      items.add(std::to_string(i), parent < rows ? std::to_string(parent) : "",
                work_item_type::none, work_item_state::none,
                static_cast<double>(random() % 9));
    }
    const auto built = items.build();
    auto in_cycle = std::vector<bool>(rows);
    for (const auto& warning : built.warnings)
      for (auto row : warning.rows)
        in_cycle[row] = true;
    for (auto i = std::uint32_t{0}; i < rows; ++i) {
      auto at = built.parents[i];
      auto steps = std::uint32_t{1};
      for (; at != no_parent && at != i && steps <= rows; ++steps)
        at = built.parents[at];
      CHECK(in_cycle[i] == (at == i));
    }
    auto expected = items.batch.story_points;
    for (auto i = std::uint32_t{0}; i < rows; ++i) {
      auto at = i;
      while (!in_cycle[at] && built.parents[at] != no_parent) {
        at = built.parents[at];
        expected[at] += items.batch.story_points[i];
      }
    }
    for (auto i = std::uint32_t{0}; i < rows; ++i)
      CHECK(built.sums[i].story_points == expected[i]);
  }
}

TEST_CASE("the real cycle among issue links is found") {
  const auto folder = tests::shared_data();
  if (folder.empty()) {
    WARN("no shared data beside the checkout");
    return;
  }
  const auto chunk = runtime::make_chunk(
    tests::read_file(folder / "work_items/sprints/apache_issuelink.csv"),
    runtime::record_format::csv);
  auto rows = runtime::csv_rows{chunk};
  auto parents = std::map<std::string, std::string>{};
  while (rows.next().value()) {
    const auto cells = rows.fields();
    if (cells[3] != "blocks")
      continue;
    parents.try_emplace(std::string{cells[2]}, "");
    auto& parent = parents[std::string{cells[1]}];
    if (parent.empty())
      parent = cells[2];
  }
  auto items = portfolio{};
  for (const auto& [id, parent] : parents)
    items.add(id, parent);
  const auto built = items.build();
  auto cycles = std::vector<std::string>{};
  for (const auto& warning : built.warnings)
    if (warning.what == kind::cycle)
      cycles.push_back(warning.message);
  CHECK(cycles
        == std::vector<std::string>{
          "items are their own ancestors: \"USERGRID-536\" below "
          "\"USERGRID-541\" below \"USERGRID-536\""});
}

} // namespace troupe::scoring
