#include "actors/engine/run_ledger.hpp"

#include <array>
#include <cmath>

// What `troupe queue show` prints.

namespace troupe::engine {

namespace {

/// Keys that are listed; the rest is counted.
constexpr auto keys_max = std::size_t{100};

void fill_hold(messages::QueueHold& to, const queue_hold& from) {
  to.set_by(from.by);
  to.set_reason(from.reason);
  to.set_since(runtime::to_microseconds(from.since));
}

void add_resource(messages::QueueReport::Worker& to, const std::string& name,
                  std::uint64_t total, std::uint64_t free) {
  auto& resource = *to.add_resources();
  resource.set_name(name);
  resource.set_total(total);
  resource.set_in_use(total - std::min(free, total));
}

std::uint64_t amount_of(const resource_amounts& of, resource_id which) {
  for (const auto& each : of.custom)
    if (each.resource == which)
      return each.amount;
  return 0;
}

std::size_t class_of(const run_state& run) {
  return std::min<std::size_t>(run.submission().priority(),
                               priority_classes - 1);
}

} // namespace

void run_ledger::fill(messages::QueueReport::Worker& worker, std::uint64_t id,
                      const known_worker& known) const {
  worker.set_id(id);
  worker.set_node(known.node);
  worker.set_is_held(known.is_held);
  worker.mutable_labels()->insert(known.labels.begin(), known.labels.end());
  const auto held = held_.find(id);
  worker.set_under_way(held == held_.end() ? 0 : held->second.size());
  if (!known.room)
    return;
  const auto free = free_room(known.offer);
  add_resource(worker, "cpu", known.offer.total.cpu_thousandths,
               free.cpu_thousandths);
  add_resource(worker, "memory", known.offer.total.memory_bytes,
               free.memory_bytes);
  for (const auto& [name, amount] : known.room->custom)
    add_resource(worker, name, amount, amount_of(free, resources_.at(name)));
}

messages::QueueReport run_ledger::queue_report() const {
  auto report = messages::QueueReport{};
  const auto figures = queue_.figures(context_.now);
  auto classes = std::array<messages::QueueReport::Class*, priority_classes>{};
  for (auto i = std::size_t{0}; i < priority_classes; ++i) {
    auto& each = *(classes[i] = report.add_classes());
    each.set_priority(static_cast<std::uint32_t>(i));
    each.set_ready(figures.by_class[i].pending);
    if (figures.by_class[i].pending != 0)
      each.set_oldest(runtime::to_microseconds(figures.by_class[i].oldest));
  }
  for (const auto& [number, live] : runs_) {
    if (live.is_over)
      continue;
    auto& each = *classes[class_of(*live.state)];
    ++(*each.mutable_runs())[std::string{to_string(live.state->status())}];
    each.set_under_way(each.under_way() + live.holders.size());
  }
  for (const auto& [number, task] : orphans_) {
    auto& each = *classes[class_of(*find(number))];
    each.set_under_way(each.under_way() + 1);
  }
  report.set_pending(figures.pending);
  report.set_pending_max(figures.pending_max);
  if (const auto rate = figures.taken_per_second; rate && *rate > 0) {
    report.set_taken_per_second(*rate);
    // While nothing begins, nobody can say when it will.
    if (!paused_ && !loaded_)
      report.set_estimated_wait_ms(static_cast<std::uint64_t>(
        std::ceil(1e3 * static_cast<double>(figures.pending) / *rate)));
  }
  for (const auto& [id, known] : workers_)
    fill(*report.add_workers(), id, known);
  add_placed(report);
  report.set_keys_total(keys_.size());
  for (const auto& [name, room] : keys_) {
    if (static_cast<std::size_t>(report.keys_size()) == keys_max)
      break;
    auto& key = *report.add_keys();
    key.set_key(name);
    key.set_limit(room.limit);
    key.set_running(room.running.size());
    key.set_waiting(room.waiting.size());
  }
  if (paused_)
    fill_hold(*report.mutable_paused(), *paused_);
  if (loaded_)
    fill_hold(*report.mutable_held(), *loaded_);
  report.set_running_max(options_.running_max);
  report.set_runs_running(going_.size());
  report.set_runs_waiting(awaiting_turn_.size());
  report.set_runs_ended(runs_ended_);
  report.set_submissions_per_minute(options_.submissions_per_minute);
  report.set_refused_full(refusals_.full);
  report.set_refused_rate(refusals_.rate);
  if (refusals_.full + refusals_.rate != 0)
    fill_hold(*report.mutable_last_refusal(), refusals_.last);
  return report;
}

} // namespace troupe::engine
