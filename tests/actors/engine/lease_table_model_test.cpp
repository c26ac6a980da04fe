#include "actors/engine/lease_table.hpp"
#include "tests/actors/engine/naive_lease_table.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <random>

using namespace std::chrono_literals;
using namespace troupe::engine;

namespace {

const auto resources = std::vector<std::string>{"cpu", "key", "slot"};

/// Random operations on the table and on its rules written down plainly.
class twins {
public:
  explicit twins(std::uint64_t seed) : random_{seed} {
    naive_.class_step = std::chrono::seconds{below(60)};
    table_ = lease_table{{.class_step = naive_.class_step}};
    for (const auto& resource : resources)
      set_limit(resource);
  }

  void step() {
    const auto draw = below(100);
    if (draw < 45)
      acquire();
    else if (draw < 60)
      release();
    else if (draw < 68)
      renew();
    else if (draw < 74)
      expire();
    else if (draw < 78)
      stop_waiting();
    else if (draw < 81)
      release_run();
    else if (draw < 86)
      set_limit(resources[below(3)]);
    else if (draw < 88)
      restart();
    else
      now_ += std::chrono::seconds{below(10)};
    compare();
  }

  /// Whatever was held is free once its owners are gone.
  void drain() {
    for (std::uint8_t run = 0; run < 6; ++run)
      table_.release_all_of(uuid(run));
    for (const auto& resource : resources) {
      REQUIRE(table_.free(resource) == naive_.limits.at(resource));
      REQUIRE(table_.line_of(resource).empty());
    }
    REQUIRE(table_.rows().empty());
    REQUIRE_FALSE(table_.next_expiry());
    REQUIRE(check().empty());
  }

private:
  std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(random_() % count);
  }

  static troupe::runtime::uuid uuid(std::uint8_t run) {
    auto bytes = std::array<std::uint8_t, 16>{};
    bytes[15] = run;
    return troupe::runtime::uuid{bytes};
  }

  lease_owner draw_owner() {
    auto owner = lease_owner{};
    owner.holder.run = uuid(static_cast<std::uint8_t>(below(6)));
    if (below(2) == 0)
      owner.holder.step = below(2);
    owner.attempt = 1;
    owner.epoch = below(2);
    return owner;
  }

  void set_limit(const std::string& resource) {
    const auto limit = below(8);
    table_.set_limit(resource, limit);
    naive_.limits[resource] = limit;
  }

  void acquire() {
    auto request = lease_request{};
    request.owner = draw_owner();
    for (const auto& resource : resources)
      if (below(2) == 0)
        request.needs.push_back({resource, 1 + below(3), {}});
    if (request.needs.empty())
      request.needs.push_back({"slot", 1, {}});
    if (below(2) == 0)
      request.time_to_live = std::chrono::seconds{1 + below(30)};
    request.priority = static_cast<priority_class>(below(5));
    request.otherwise = below(2) == 0 ? if_refused::wait : if_refused::leave;
    const auto before = table_.rows();
    const auto granted = table_.acquire(request, now_);
    REQUIRE(granted.has_value() == naive_.acquire(request, now_));
    if (!granted)
      REQUIRE(table_.rows() == before);
    for (const auto& need : request.needs)
      if (granted && !granted->is_repeated)
        REQUIRE(naive_.held(need.resource) <= naive_.limits.at(need.resource));
  }

  void release() {
    const auto owner = draw_owner();
    REQUIRE(table_.release(owner).has_value() == naive_.release(owner));
  }

  void renew() {
    const auto owner = draw_owner();
    const auto ttl = std::chrono::seconds{1 + below(30)};
    REQUIRE(table_.renew(owner, now_, ttl).has_value()
            == naive_.renew(owner, now_, ttl));
  }

  void expire() {
    REQUIRE(table_.expire(now_).size() == naive_.expire(now_));
  }

  void stop_waiting() {
    const auto holder = draw_owner().holder;
    REQUIRE(table_.stop_waiting(holder) == naive_.stop_waiting(holder));
  }

  void release_run() {
    const auto run = uuid(static_cast<std::uint8_t>(below(6)));
    table_.release_all_of(run);
    naive_.release_all_of(run);
  }

  /// Those who waited ask again, as an engine does after a restart.
  void restart() {
    for (const auto& resource : resources)
      for (const auto& each : naive_.line_of(resource))
        naive_.stop_waiting(each.owner.holder);
    table_ = lease_table::rebuild(table_.rows(), table_.limits(),
                                  {.class_step = naive_.class_step})
               .value();
  }

  std::vector<std::string> check() const {
    return table_.check([](const lease_owner&) { return true; });
  }

  void compare() const {
    REQUIRE(check() == std::vector<std::string>{});
    auto rows = table_.rows();
    std::sort(rows.begin(), rows.end(),
              [](const auto& left, const auto& right) {
                return std::tie(left.resource, left.owner)
                       < std::tie(right.resource, right.owner);
              });
    REQUIRE(rows == naive_.sorted_rows());
    for (const auto& resource : resources) {
      REQUIRE(table_.line_of(resource) == naive_.line_of(resource));
      const auto limit = naive_.limits.at(resource);
      const auto held = naive_.held(resource);
      REQUIRE(table_.free(resource) == (held > limit ? 0 : limit - held));
    }
  }

  std::mt19937_64 random_;
  lease_table table_;
  naive_lease_table naive_;
  instant now_{1h};
};

} // namespace

TEST_CASE("leases follow their rules, never exceed a limit, and drain") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    auto both = twins{seed};
    for (auto count = 0; count < 300; ++count)
      both.step();
    both.drain();
  }
}

TEST_CASE("everybody in line is served, as long as leases come back") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    auto random = std::mt19937_64{seed};
    auto table = lease_table{};
    table.set_limit("cpu", 4);
    table.set_limit("slot", 3);
    auto requests = std::map<lease_owner, lease_request>{};
    for (std::uint64_t index = 0; index < 40; ++index) {
      auto request = lease_request{};
      auto bytes = std::array<std::uint8_t, 16>{};
      bytes[15] = static_cast<std::uint8_t>(index);
      request.owner.holder.run = troupe::runtime::uuid{bytes};
      request.owner.epoch = index;
      request.needs
        = {{"cpu", 1 + random() % 4, {}}, {"slot", 1 + random() % 3, {}}};
      request.otherwise = if_refused::wait;
      requests.emplace(request.owner, request);
    }
    auto now = instant{1h};
    auto running = std::vector<lease_owner>{};
    auto served = std::size_t{0};
    for (const auto& [owner, request] : requests)
      if (table.acquire(request, now += 1s))
        running.push_back(owner);
    while (served < requests.size()) {
      REQUIRE_FALSE(running.empty());
      const auto index = static_cast<std::ptrdiff_t>(random() % running.size());
      REQUIRE(table.release(running[static_cast<std::size_t>(index)]));
      running.erase(running.begin() + index);
      ++served;
      for (auto wake = table.wakeable(); !wake.empty(); wake = table.wakeable())
        for (const auto& each : wake)
          if (table.acquire(requests.at(each.owner), now))
            running.push_back(each.owner);
    }
    REQUIRE(table.rows().empty());
  }
}
