#include "cluster/membership/membership.hpp"
#include "cluster/membership/planted_bug.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::cluster {

void membership::send(time_point now) {
  has_beaten_ = false;
  auto to = pending_ ? std::set<std::string>{} : targets(now);
  to_answer_.clear();
  must_beat_ = false;
  if (!to.empty()) {
    ++sequence_;
    out_.emplace_back(send_beat{.to = {to.begin(), to.end()},
                                .what = {.from = name_,
                                         .id = self().id,
                                         .incarnation = self().incarnation,
                                         .sequence = sequence_,
                                         .lateness = watch_.recent_lateness(),
                                         .digest = digest(now)}});
  }
  if (farewells_left_ > 0 && has_beaten_ && --farewells_left_ == 0)
    stop(own_notice_kind::stopped_left);
}

std::set<std::string> membership::targets(time_point now) {
  auto to = std::set<std::string>{};
  const auto is_first = !std::exchange(has_begun_, true);
  // A tick that comes a little early counts.
  const auto is_due = is_first || must_beat_
                      || now - beaten_at_ >= options_.detector.beat_interval
                                               - options_.ticks.interval / 4;
  if (is_due) {
    has_beaten_ = true;
    beaten_at_ = now;
    for (const auto& [name, row] : table_.rows())
      if (name != name_ && !is_final(row.of.state))
        to.insert(name);
    // Whoever joins has no time to lose.
    if (is_first || self().state == member_state::joining
        || now - probed_at_ >= options_.probe_interval)
      add_probes(to, now);
  }
  add_replies(to, now);
  return to;
}

void membership::add_probes(std::set<std::string>& to, time_point now) {
  probed_at_ = now;
  const auto is_lost = [&](const std::string& name) {
    const auto* known = table_.find(name);
    return known == nullptr
           || (known->state == member_state::dead
               && !has_bug(planted_bug::forget_the_dead));
  };
  std::copy_if(peers_.begin(), peers_.end(), std::inserter(to, to.end()),
               is_lost);
  if (has_bug(planted_bug::forget_the_dead))
    return;
  std::copy(lost_names_.begin(), lost_names_.end(),
            std::inserter(to, to.end()));
  for (const auto& [name, row] : table_.rows())
    if (row.of.state == member_state::dead)
      to.insert(name);
}

void membership::add_replies(std::set<std::string>& to, time_point now) {
  for (const auto& name : to_answer_) {
    const auto at = answered_at_.find(name);
    // Two that answer each other must not do so without end.
    if (at != answered_at_.end()
        && now - at->second < options_.detector.beat_interval)
      continue;
    answered_at_.insert_or_assign(name, now);
    to.insert(name);
  }
}

std::vector<digest_entry> membership::digest(time_point now) const {
  auto result = std::vector<digest_entry>{};
  auto ended = std::vector<std::pair<time_point, const member*>>{};
  for (const auto& [name, row] : table_.rows()) {
    if (name == name_) {
      result.push_back({.of = row.of, .heard_sequence = sequence_});
    } else if (is_final(row.of.state)) {
      ended.emplace_back(row.ended_at, &row.of);
    } else {
      const auto& other = watched_.find(name)->second;
      result.push_back(
        {.of = row.of,
         .heard_sequence = other.heard_sequence,
         .age = std::chrono::duration_cast<duration>(now - other.evidence_at)});
    }
  }
  std::sort(ended.begin(), ended.end(),
            [](const auto& left, const auto& right) {
              return std::pair{right.first, left.second->name}
                     < std::pair{left.first, right.second->name};
            });
  ended.resize(std::min(ended.size(), options_.digest_tombstones_max));
  for (const auto& [at, of] : ended)
    result.push_back(
      {.of = *of,
       .heard_sequence = watched_.find(of->name)->second.heard_sequence,
       .age = std::chrono::duration_cast<duration>(now - at),
       .is_contradicted = watched_.find(of->name)->second.is_contradicted});
  return result;
}

} // namespace troupe::cluster
