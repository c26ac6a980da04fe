#include "tests/actors/scoring/stored_runs.hpp"

#include "runtime/store/sqlite_connection.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <stdexcept>

namespace troupe::tests {

using json = nlohmann::json;

namespace {

constexpr std::array words{"Low", "Medium", "High", "Critical"};
constexpr std::array risks{"low", "medium", "high", "very_high"};

json make_item(std::size_t number, bool is_changed) {
  const auto n = static_cast<double>(number);
  auto fields = json{
    {"revenue_impact", static_cast<double>((number * 7919) % 1000) * 100.0},
    {"cost_savings", static_cast<double>((number * 104729) % 500) * 10.0},
    {"time_criticality", words[number % words.size()]},
    {"okr_alignment_score", static_cast<double>(number % 11) / 10.0},
    {"user_impact_count", (number * 31) % 997},
  };
  if (number % 4 != 0)
    fields["vision_alignment_score"] = static_cast<double>(number % 7) / 6.0;
  auto item = json{
    {"work_item_id", "ITEM-" + std::to_string(number)},
    {"title", "Work " + std::to_string(number)},
    {"business_value_raw", is_changed ? 99 : 10 + (number * 13) % 80},
    {"risk_score", static_cast<double>((number * 17) % 100)},
    {"complexity_score", static_cast<double>((number * 29) % 100)},
    {"story_points", 1 + number % 13},
    {"custom_fields", std::move(fields)},
  };
  if (number % 3 != 0)
    item["financial"] = {
      {"initial_investment", is_changed ? 500.0 : 10'000.0 + 10.0 * n},
      {"expected_revenue", {9'000.0 + n, 8'000.0, 7'000.0}},
      {"quality_improvement_factor", 1.0 + static_cast<double>(number % 3)},
      {"risk_level", risks[(number + (is_changed ? 1 : 0)) % risks.size()]},
    };
  return item;
}

} // namespace

std::string make_portfolio(std::size_t count,
                           const std::set<std::size_t>& changed) {
  auto text = std::string{};
  for (std::size_t number = 1; number <= count; ++number)
    text += make_item(number, changed.contains(number)).dump() + "\n";
  return text;
}

scoring::scoring_result
stored_runs::add(const std::string& items,
                 const scoring::scoring_configuration& configuration) {
  auto options = scoring::scorer_options{};
  options.workers = 2;
  options.store = path();
  auto scorer = scoring::scorer::create(options);
  if (!scorer)
    throw std::runtime_error{runtime::render(scorer.error())};
  auto request = scoring::scoring_request{};
  request.configuration = configuration;
  request.items = folder_.write("items.jsonl", items).string();
  request.batch_size = 7;
  auto result = scorer->score(std::move(request));
  if (!result)
    throw std::runtime_error{runtime::render(result.error())};
  return std::move(*result);
}

void stored_runs::damage(const std::string& sql) const {
  auto options = runtime::sqlite_options{};
  options.mode = runtime::open_mode::read_write;
  const auto connection = runtime::sqlite_connection::open(path(), options);
  if (!connection)
    throw std::runtime_error{runtime::render(connection.error())};
  if (const auto done = (*connection)->execute(sql); !done)
    throw std::runtime_error{runtime::render(done.error())};
}

} // namespace troupe::tests
