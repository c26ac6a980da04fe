#pragma once

#include "actors/engine/ready_queue.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

/// The rules of `ready_queue`, written down as plainly as possible: one list,
/// and everything is searched for in all of it. For small queues in tests.
class naive_ready_queue {
public:
  explicit naive_ready_queue(troupe::engine::ready_queue_options options)
    : options_{options} {}

  /// Whether it entered.
  bool push(const troupe::engine::ready_work& work, troupe::engine::instant now,
            troupe::engine::admission how);

  tl::expected<troupe::engine::ready_work, troupe::engine::no_work>
  pop(const troupe::engine::worker_offer& offer, troupe::engine::instant now);

  bool remove(troupe::engine::task_handle task);

  std::vector<troupe::engine::task_handle> expire(troupe::engine::instant now);

  [[nodiscard]] std::optional<troupe::engine::instant> next_expiry() const;

  bool reprioritise(troupe::engine::task_handle task,
                    troupe::engine::priority_class priority,
                    std::optional<troupe::engine::instant> deadline);

  void forget_worker(std::uint64_t worker);

  [[nodiscard]] std::size_t size() const {
    return items_.size();
  }

  [[nodiscard]] const troupe::engine::ready_work& at(std::size_t index) const {
    return items_[index].work;
  }

  bool is_paused = false;

private:
  struct item {
    troupe::engine::ready_work work;
    std::uint64_t sequence = 0;
    bool is_overdue = false;
  };

  struct key_share {
    std::uint64_t pass = 0;
    std::uint32_t weight = 1;
  };

  using kind
    = std::tuple<troupe::engine::priority_class, troupe::engine::activity_id,
                 troupe::engine::resource_amounts, troupe::engine::guard_id,
                 troupe::engine::rules_id, troupe::engine::placement_id>;
  using rank = std::tuple<std::uint64_t, troupe::engine::instant,
                          troupe::engine::instant, std::uint64_t>;

  static kind kind_of(const item& of);
  [[nodiscard]] rank rank_of(const item& of) const;
  void enter(item added);
  item leave(std::size_t index);
  void mark_overdue(troupe::engine::instant now);
  void clean_up(const item& left);
  void release_kind(const kind& of);
  [[nodiscard]] std::vector<troupe::engine::priority_class>
  order(const troupe::engine::worker_offer& offer,
        troupe::engine::instant now) const;
  [[nodiscard]] std::int64_t level(troupe::engine::priority_class priority,
                                   const troupe::engine::worker_offer& offer,
                                   troupe::engine::instant now) const;
  [[nodiscard]] std::optional<std::size_t>
  first(troupe::engine::priority_class priority,
        const troupe::engine::worker_offer& offer, bool must_fit) const;
  bool keep_worker(troupe::engine::priority_class priority,
                   const troupe::engine::worker_offer& offer,
                   troupe::engine::instant now);
  troupe::engine::ready_work take(std::size_t index);

  troupe::engine::ready_queue_options options_;
  std::vector<item> items_;
  std::map<std::pair<troupe::engine::priority_class, std::uint64_t>, key_share>
    shares_;
  std::map<troupe::engine::priority_class, std::uint64_t> pass_;
  std::map<troupe::engine::priority_class, std::uint64_t> turns_;
  std::uint64_t turn_ = 0;
  std::map<kind, troupe::engine::instant> blocked_since_;
  std::map<std::uint64_t, kind> kept_;
  std::uint64_t sequence_ = 0;
};
