#include "tests/actors/scoring/changing_portfolio.hpp"

#include <algorithm>
#include <utility>

namespace troupe::tests {

using namespace scoring;

namespace {

constexpr double lowest = 0.0;
constexpr double highest = 100.0;

std::string text_of(const changing_item& item) {
  auto text = "{\"work_item_id\":" + std::to_string(item.id)
              + ",\"title\":\"item " + std::to_string(item.id) + '"';
  for (std::size_t j = 0; j < item.values.size(); ++j)
    text += ",\"v" + std::to_string(j) + "\":"
            + (item.values[j] ? std::to_string(*item.values[j]) : "null");
  if (item.revenue)
    text
      += ",\"financial\":{\"initial_investment\":50000,\"expected_revenue\":["
         + std::to_string(*item.revenue) + "]}";
  return text + "}\n";
}

} // namespace

changing_portfolio::changing_portfolio(std::uint64_t seed, std::size_t items)
  : random_{seed} {
  // Two items that hold the extremes.
  for (const auto bound : {lowest, highest}) {
    auto& item = items_.emplace_back();
    item.id = next_id_++;
    item.values.fill(bound);
  }
  while (items_.size() < items)
    items_.push_back(make());
}

double changing_portfolio::number() {
  // Sixteenths, which are written exactly.
  return static_cast<double>(random_() % 1'598 + 1) / 16.0;
}

changing_item changing_portfolio::make() {
  auto item = changing_item{};
  item.id = next_id_++;
  for (auto& value : item.values)
    if (random_() % 10 != 0)
      value = number();
  if (random_() % 2 == 0)
    item.revenue = number() * 2'000.0;
  return item;
}

void changing_portfolio::edit_within(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = 2 + random_() % (items_.size() - 2);
    auto& item = items_[at];
    switch (random_() % 5) {
      case 0:
        item.values[random_() % item.values.size()] = std::nullopt;
        break;
      case 1:
        item.revenue = number() * 2'000.0;
        break;
      case 2:
        items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(at), make());
        break;
      case 3:
        if (items_.size() > 4)
          items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default:
        item.values[random_() % item.values.size()] = number();
    }
  }
}

void changing_portfolio::edit(std::size_t count) {
  edit_within(count);
  if (random_() % 2 == 0)
    items_[random_() % items_.size()].values[random_() % 4]
      = random_() % 2 == 0 ? number() - highest : number() + highest;
}

std::string changing_portfolio::text() const {
  auto text = std::string{};
  for (const auto& item : items_)
    text += text_of(item);
  return text;
}

std::size_t count_different(const std::vector<changing_item>& before,
                            const std::vector<changing_item>& now) {
  return static_cast<std::size_t>(
    std::count_if(now.begin(), now.end(), [&](const auto& item) {
      return std::find(before.begin(), before.end(), item) == before.end();
    }));
}

scoring_configuration changing_configuration(rule_set rules,
                                             normalisation method) {
  auto configuration = scoring_configuration{};
  configuration.rules = rules;
  configuration.categories = {{"a", 0.5}, {"b", 0.3}, {"c", 0.2}};
  const auto add = [&](const char* id, const char* group, double weight) {
    auto entry = criterion{};
    entry.id = id;
    entry.category = group;
    entry.weight = weight;
    entry.source = id;
    entry.method = method;
    configuration.criteria.push_back(std::move(entry));
  };
  add("v0", "a", 0.6);
  add("v1", "a", 0.4);
  add("v2", "b", 1.0);
  add("v3", "c", 1.0);
  configuration.criteria[1].better = direction::lower_is_better;
  return configuration;
}

} // namespace troupe::tests
