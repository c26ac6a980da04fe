#pragma once

#include "actors/engine/drain_rate.hpp"
#include "actors/engine/indexed_heap.hpp"
#include "actors/engine/ready_work.hpp"
#include "actors/engine/slab.hpp"
#include "actors/engine/slot_index.hpp"

#include <tl/expected.hpp>

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace troupe::engine {

struct ready_queue_options {
  /// Beyond it, fresh work is refused. At most 2^32 - 2.
  std::size_t pending_max = 10'000;
  /// A class goes up by one for each time its oldest work has waited so long.
  std::chrono::microseconds wait_step = std::chrono::minutes{5};
  /// Work counts as due at the latest so long after it came, so that those with
  /// deadlines cannot hold up those without for ever.
  std::chrono::microseconds patience = std::chrono::hours{24};
  /// How long others may go before work that lacks only room.
  std::chrono::microseconds reserve_after = std::chrono::minutes{1};
  /// Bounds of what is told to whoever is refused.
  std::chrono::microseconds retry_after_min = std::chrono::milliseconds{100};
  std::chrono::microseconds retry_after_max = std::chrono::minutes{1};
  /// Over which the rate of leaving is taken.
  std::chrono::microseconds rate_window = std::chrono::minutes{1};
};

/// Whether work is new here.
enum class admission : std::uint8_t {
  fresh,
  /// It was let in before (a restart, a retry): it enters a full queue too.
  known,
};

/// The order of ready work. Who goes next, for a worker that asks:
///
/// 1. The class of the lowest level. `level = max(0, class - floor(w / step))`,
///    where w is how long the oldest work of the class that suits the worker
///    has waited. In other words: class c stands where a class k < c stands as
///    soon as `c * step + enqueued(oldest) <= k * step + now`. The left side
///    never changes while the work waits, so ageing needs no touching: the
///    oldest of a class is known, and five levels are compared. The class
///    climbs as a whole. If each piece of work climbed alone, the backlog of
///    one key, once aged, would go before the fresh work of all other keys, and
///    fairness would end where it is needed.
/// 2. Of classes at one level, by stride with shares 16 : 8 : 4 : 2 : 1. So a
///    backlog that has aged is served, and never shuts out the critical.
/// 3. Within the class, the fairness key of the lowest virtual time. A key's
///    virtual time grows by 1 / weight for each piece of work taken; one that
///    comes (back) starts at that of the class. Who could not be served, for
///    want of a worker, may catch up by at most 32 pieces of weight 1.
/// 4. Within the key, what is due first, due being
///    `clamp(deadline, enqueued, enqueued + patience)`, then what came first.
///
/// Work that a worker has too little free for is passed over while others fit.
/// After `reserve_after`, the worker is kept for it: it gets nothing of the
/// same or a higher level any more until the work fits; of kinds that differ in
/// their group only, for the first that no worker is kept for. Work behind a
/// guard that lets nobody through is passed over as well, as is what a worker
/// may not have now for its placement; no worker is kept for it.
///
/// Nothing starves: within c steps the class has a share of at least 1/31, in
/// it the key one by its weight, and in the key only a finite number is ahead.
///
/// Pure and deterministic; the time is an argument. Push, pop, remove and the
/// like cost O(log n + p + f), p being the number of distinct combinations of
/// activity, need, guard and rules that wait, f that of the kinds that the
/// worker has enough of (`full`); not the number of keys, nor that of groups
/// that few keys share. About 80 bytes per piece of work, and 240 per key and
/// class that has some.
class ready_queue {
public:
  explicit ready_queue(const ready_queue_options& options = {});

  /// Lets work in. Work that is past `not_after` already enters too; `expire`
  /// returns it.
  [[nodiscard]] tl::expected<void, push_refusal>
  push(const ready_work& work, instant now, admission how = admission::fresh);

  /// What `push` says of fresh work when there is no room; for whoever refuses
  /// before. Counts as a refusal.
  [[nodiscard]] push_refusal refuse_full(instant now);

  /// Takes out the best that the worker can do and has room for; never what is
  /// past its `not_after`.
  [[nodiscard]] tl::expected<ready_work, no_work> pop(const worker_offer& offer,
                                                      instant now);

  /// False if it is not in the queue.
  bool remove(task_handle task);

  /// Takes out all that may not start any more, earliest first.
  [[nodiscard]] std::vector<task_handle> expire(instant now);

  /// When `expire` has something to do next.
  [[nodiscard]] std::optional<instant> next_expiry() const;

  /// Gives work another class and deadline; since when it waits stays. False if
  /// it is not in the queue, or past its `not_after`.
  bool reprioritise(task_handle task, priority_class priority,
                    std::optional<instant> deadline);

  /// While it is paused, work enters and expires, but nothing is taken.
  void pause() noexcept {
    is_paused_ = true;
  }

  void resume() noexcept {
    is_paused_ = false;
  }

  [[nodiscard]] bool is_paused() const noexcept {
    return is_paused_;
  }

  /// What is already in stays.
  void set_pending_max(std::size_t pending_max) noexcept {
    options_.pending_max = pending_max;
  }

  /// A worker is gone: whatever it was kept for may have another.
  void forget_worker(std::uint64_t worker);

  [[nodiscard]] bool contains(task_handle task) const;

  /// Nothing if it is not in the queue, or past its `not_after`.
  [[nodiscard]] std::optional<ready_work> find(task_handle task) const;

  /// Linear in the work of its class. Nothing if it is not in the queue, or
  /// past its `not_after`.
  [[nodiscard]] std::optional<queue_position> position(task_handle task,
                                                       instant now) const;

  /// All that waits, and what `expire` will return.
  [[nodiscard]] std::size_t size() const noexcept {
    return entries_.size();
  }

  /// Linear in keys.
  [[nodiscard]] queue_figures figures(instant now) const;

  /// What is wrong inside, in words; for `troupe doctor`. Linear.
  [[nodiscard]] std::vector<std::string> check() const;

private:
  using slot_number = std::uint32_t;
  static constexpr auto none = std::numeric_limits<slot_number>::max();
  static constexpr auto never = instant::max();

  /// A piece of work. Its class and key, activity and need are those of the
  /// lane; the lane is `none` once it is overdue.
  struct entry_record {
    task_handle task = 0;
    instant enqueued{};
    instant deadline = never;
    instant not_after = never;
    std::uint64_t sequence = 0;
    slot_number lane = none;
    slot_number lane_place = 0;
    slot_number age_place = 0;
    slot_number expiry_place = 0; ///< In `expiries_`, or in `overdue_`.
  };

  /// Work of one key within a pool, by what is due.
  struct lane_record {
    slot_number pool = none;
    slot_number flow = none;
    slot_number strand = none; ///< Of a narrow pool.
    slot_number place = 0; ///< In its pool, or in its strand.
    indexed_heap entries;
  };

  /// The lanes of one key in narrow pools of a family: when the key is served,
  /// they move as one.
  struct strand_record {
    slot_number family = none;
    slot_number flow = none;
    slot_number family_place = 0;
    indexed_heap lanes; ///< By what is due.
  };

  /// A fairness key within a class. Kept without work until the virtual time of
  /// the class has reached its own, so that leaving and coming back gains
  /// nothing.
  struct flow_record {
    std::uint64_t key = 0;
    std::uint64_t pass = 0; ///< Virtual time, in `pass_unit`.
    std::uint32_t weight = 1;
    std::uint32_t pending = 0;
    priority_class priority = priority_class::normal;
    slot_number idle_place = 0;
    std::vector<slot_number> lanes; ///< In wide pools.
    std::vector<slot_number> strands; ///< Those in narrow ones.
  };

  struct pool_key {
    priority_class priority = priority_class::normal;
    activity_id activity = 0;
    resource_amounts needed;
    guard_id guard = 0;
    rules_id rules = 0;
    placement_id placement = 0; ///< 0 in the key of a family.

    friend auto operator<=>(const pool_key&, const pool_key&) = default;
  };

  /// Work of a class that suits the same workers. A wide pool is compared with
  /// others as a whole; a narrow one, of a placement that few keys ask for, by
  /// its lanes, so that there may be any number of those.
  struct pool_record {
    pool_key key;
    slot_number family = none;
    bool is_wide = true;
    indexed_heap lanes; ///< If wide: by virtual time, then what is due.
    std::vector<slot_number> few; ///< The lanes if narrow.
    indexed_heap ages; ///< Entries by age.
    std::optional<instant> blocked_since;
    std::optional<std::uint64_t> reserved_worker;
    slot_number family_place = 0; ///< Among the wide ones, or the ages.
  };

  /// Pools that differ in their group only. What asks for nothing of its worker
  /// has one that is wide.
  struct family_record {
    pool_key key;
    std::vector<slot_number> wide;
    indexed_heap strands; ///< By virtual time, then what is due.
    indexed_heap ages; ///< Narrow pools by their oldest work.
    slot_number class_place = 0;
  };

  struct class_state {
    std::vector<slot_number> families;
    std::unordered_map<std::uint64_t, slot_number> flows;
    indexed_heap idle; ///< Flows without work, by virtual time.
    std::uint64_t pass = 0; ///< Of the flow served last, or more.
    std::uint64_t turn = 0; ///< Virtual time among the classes.
    std::uint64_t pending = 0;
  };

  // Orders and places for the heaps.
  struct lane_rules;
  struct age_rules;
  struct expiry_rules;
  struct pool_rules;
  struct strand_rules;
  struct family_rules;
  struct oldest_rules;
  struct idle_rules;
  struct key_of_entry;

  /// What a worker could get from a class.
  struct candidate {
    std::size_t priority = 0;
    std::int64_t level = 0;
    std::uint64_t turn = 0;
    slot_number best = none; ///< Pool.
  };

  using rank = std::tuple<std::uint64_t, instant, instant, std::uint64_t>;

  [[nodiscard]] static std::uint64_t stride_of(const flow_record& of) noexcept;
  [[nodiscard]] static std::uint64_t turn_stride(std::size_t priority) noexcept;
  /// Its virtual time when it is charged: not too far behind the class.
  [[nodiscard]] static std::uint64_t
  catch_up_base(const class_state& in, const flow_record& of) noexcept;
  [[nodiscard]] instant due(const entry_record& of) const noexcept;
  [[nodiscard]] auto order_of(const entry_record& of) const noexcept {
    return std::tuple{due(of), of.enqueued, of.sequence};
  }
  [[nodiscard]] rank rank_of_lane(slot_number lane) const;
  [[nodiscard]] slot_number first_lane(const pool_record& of) const;
  [[nodiscard]] rank rank_of_pool(slot_number pool) const;
  [[nodiscard]] rank rank_of_strand(slot_number strand) const;
  [[nodiscard]] instant oldest(const pool_record& of) const;
  [[nodiscard]] std::int64_t level(std::size_t priority, instant oldest,
                                   instant now) const;
  [[nodiscard]] static pool_key key_of(const ready_work& work);
  [[nodiscard]] ready_work work_of(slot_number entry) const;
  [[nodiscard]] slot_number find_slot(task_handle task) const;

  [[nodiscard]] class_state& class_of(priority_class priority) noexcept {
    return classes_[static_cast<std::size_t>(priority)];
  }

  /// Without what is overdue.
  [[nodiscard]] std::size_t pending() const noexcept {
    return entries_.size() - overdue_.size();
  }

  // Entering and leaving.
  slot_number open_pool(const pool_key& key);
  slot_number open_family(const pool_key& key);
  slot_number open_flow(priority_class priority, std::uint64_t key,
                        std::uint32_t weight);
  slot_number open_lane(slot_number pool, slot_number flow);
  void attach(slot_number entry, const pool_key& key,
              std::uint64_t fairness_key, std::uint32_t weight);
  void detach(slot_number entry);
  void join(slot_number lane);
  void reorder(slot_number lane);
  void leave(slot_number lane);
  void join_strand(slot_number lane);
  void leave_strand(slot_number lane);
  void widen(slot_number pool);
  void narrow(slot_number pool);
  void enter_wide(slot_number pool);
  void leave_wide(slot_number pool);
  void close_pool(slot_number pool);
  void close_family(slot_number family);
  void leave_flow(slot_number flow);
  void close_flow(class_state& of, slot_number flow);
  void advance(class_state& of, std::uint64_t pass);
  void forget(slot_number entry);
  void retire_overdue(instant now);
  void charge(slot_number flow);

  // Choosing.
  [[nodiscard]] static bool suits(const pool_key& family,
                                  const worker_offer& offer);
  [[nodiscard]] instant oldest_in(const family_record& of,
                                  const worker_offer& offer) const;
  template <class Wanted>
  void find_first(const family_record& of, const Wanted& is_wanted,
                  slot_number& found, rank& best) const;
  [[nodiscard]] std::optional<candidate> candidate_of(std::size_t priority,
                                                      const worker_offer& offer,
                                                      instant now) const;
  [[nodiscard]] std::vector<candidate> candidates(const worker_offer& offer,
                                                  instant now) const;
  [[nodiscard]] tl::expected<slot_number, no_work>
  choose(const worker_offer& offer, instant now);
  bool reserve(const candidate& of, const worker_offer& offer, instant now);
  [[nodiscard]] slot_number reserved_pool(const worker_offer& offer);
  void drop_reservation(slot_number pool);

  // Looking ahead.
  [[nodiscard]] std::uint64_t ahead_in_flow(const flow_record& of,
                                            const entry_record& until) const;
  [[nodiscard]] std::uint64_t tag_of(const flow_record& of,
                                     std::uint64_t turn) const;
  [[nodiscard]] std::uint64_t served_before(const flow_record& of,
                                            std::uint64_t tag,
                                            const entry_record& until) const;
  [[nodiscard]] std::uint64_t ahead_in_class(const entry_record& of) const;
  [[nodiscard]] std::int64_t level_now(std::size_t priority, instant now) const;
  [[nodiscard]] key_figures figures_of(const flow_record& of) const;
  template <class Visit>
  void visit_lanes(const flow_record& of, const Visit& visit) const;
  void check_family(const family_record& of,
                    std::vector<std::string>& found) const;
  std::uint64_t check_lane(slot_number lane,
                           std::vector<std::string>& found) const;

  ready_queue_options options_;
  slab<entry_record> entries_;
  slab<lane_record> lanes_;
  slab<flow_record> flows_;
  slab<pool_record> pools_;
  slab<strand_record> strands_;
  slab<family_record> families_;
  slot_index index_;
  indexed_heap expiries_; ///< Entries that may expire, earliest first.
  std::vector<slot_number>
    overdue_; ///< Out of their lanes, to be told by `expire`.
  std::map<pool_key, slot_number> pool_of_;
  std::map<pool_key, slot_number> family_of_; ///< Of those with rules.
  std::map<std::uint64_t, slot_number> reservations_; ///< Worker to pool.
  std::array<class_state, priority_classes> classes_;
  std::uint64_t turn_ = 0; ///< Of the class served last, or more.
  std::uint64_t sequence_ = 0;
  std::uint64_t owed_ = 0; ///< Refused, and no place has come free since.
  drain_rate rate_;
  bool is_paused_ = false;
  std::uint64_t refused_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t removed_ = 0;
  std::uint64_t expired_ = 0;
};

} // namespace troupe::engine
