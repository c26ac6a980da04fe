#pragma once

#include "actors/engine/ready_queue.hpp"

#include <utility>

// The orders of the heaps of a queue, for its sources only.

namespace troupe::engine {

struct ready_queue::lane_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    return queue->order_of(queue->entries_[left])
           < queue->order_of(queue->entries_[right]);
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->entries_[of].lane_place;
  }
};

struct ready_queue::age_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    const auto& first = queue->entries_[left];
    const auto& second = queue->entries_[right];
    return std::pair{first.enqueued, first.sequence}
           < std::pair{second.enqueued, second.sequence};
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->entries_[of].age_place;
  }
};

struct ready_queue::expiry_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    const auto& first = queue->entries_[left];
    const auto& second = queue->entries_[right];
    return std::pair{first.not_after, first.sequence}
           < std::pair{second.not_after, second.sequence};
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->entries_[of].expiry_place;
  }
};

struct ready_queue::pool_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    return queue->rank_of_lane(left) < queue->rank_of_lane(right);
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->lanes_[of].place;
  }
};

/// Lanes of one key.
struct ready_queue::strand_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    const auto first_of = [this](slot_number lane) -> const entry_record& {
      return queue->entries_[queue->lanes_[lane].entries.top()];
    };
    return queue->order_of(first_of(left)) < queue->order_of(first_of(right));
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->lanes_[of].place;
  }
};

struct ready_queue::family_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    return queue->rank_of_strand(left) < queue->rank_of_strand(right);
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->strands_[of].family_place;
  }
};

struct ready_queue::oldest_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    return age_rules{queue}.comes_before(queue->pools_[left].ages.top(),
                                         queue->pools_[right].ages.top());
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->pools_[of].family_place;
  }
};

struct ready_queue::idle_rules {
  ready_queue* queue;

  [[nodiscard]] bool comes_before(slot_number left, slot_number right) const {
    const auto& first = queue->flows_[left];
    const auto& second = queue->flows_[right];
    return std::pair{first.pass, first.key}
           < std::pair{second.pass, second.key};
  }

  [[nodiscard]] slot_number& place(slot_number of) const {
    return queue->flows_[of].idle_place;
  }
};

struct ready_queue::key_of_entry {
  const ready_queue* queue;

  [[nodiscard]] task_handle operator()(slot_number of) const {
    return queue->entries_[of].task;
  }
};

} // namespace troupe::engine
