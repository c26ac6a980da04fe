#include "actors/scoring/item_chunk.hpp"
#include "actors/scoring/scoring_run.hpp"

#include <algorithm>
#include <utility>

namespace troupe::scoring {

using messages::column_block;
using runtime::outcome;
using runtime::problem_kind;

/// Whether a job reads all of a chunk that can be read once more.
bool scoring_run::is_whole_chunk(const job& reading) const {
  return !reading.searching
         && reading.task.stage() == messages::SCORING_STAGE_READ
         && batches_.at(reading.batch).source;
}

bool scoring_run::may_withhold(const job& reading) const {
  return may_withhold_ && is_whole_chunk(reading)
         && batches_.at(reading.batch).may_be_withheld;
}

/// Whether a job is about values that are not here.
bool scoring_run::lacks_values(const job& about) const {
  const auto stage = about.task.stage();
  return (stage == messages::SCORING_STAGE_SCORE
          || stage == messages::SCORING_STAGE_RECORD)
         && batches_.at(about.batch).is_withheld;
}

void scoring_run::restore(std::uint64_t key) {
  auto& from = batches_.at(key);
  from.home = 0;
  if (!std::exchange(from.is_restoring, true))
    to_read_again_.push_back(key);
}

void scoring_run::restore_if_lost(std::uint64_t key) {
  const auto& from = batches_.at(key);
  if (from.is_withheld && from.home == 0)
    restore(key);
}

/// Whoever has its values fails at it, or cannot send what comes of it.
void scoring_run::stay_from_now_on(std::uint64_t key) {
  batches_.at(key).may_be_withheld = false;
  restore(key);
}

void scoring_run::lose_home(worker_id worker) {
  for (auto& [key, each] : batches_)
    if (each.home == worker)
      each.home = 0;
  // Of batches that nobody is going to ask for, nothing is missed.
  for (const auto& [task, about] : jobs_)
    if (lacks_values(about))
      restore_if_lost(about.batch);
}

std::optional<messages::ItemChunk> scoring_run::take_chunk_to_read_again() {
  if (to_read_again_.empty() || reading_again_ >= window())
    return std::nullopt;
  const auto key = to_read_again_.front();
  to_read_again_.pop_front();
  ++reading_again_;
  return batches_.at(key).source;
}

outcome<void> scoring_run::add_chunk_again(const messages::ItemChunk& head,
                                           column_block text) {
  const auto found = batches_.find(head.first_line());
  if (found == batches_.end() || text.empty()
      || digest_of_text(text, head.text_bytes()) != found->second.text_digest) {
    auto reason = runtime::problem{};
    reason.kind = problem_kind::failed;
    reason.message = "the items changed while they were scored";
    reason.file = options_.context.source();
    reason.line = head.first_line();
    reason.hint = "run again when nobody writes the file any more";
    return runtime::fail(std::move(reason));
  }
  add_reading(head, text);
  return {};
}

/// What waits for the batch goes on with the columns that there are now.
void scoring_run::finish_restoring(std::uint64_t key) {
  auto& from = batches_.at(key);
  from.is_restoring = false;
  --reading_again_;
  for (auto& [task, waiting] : jobs_) {
    if (waiting.batch != key || waiting.searching)
      continue;
    switch (waiting.task.stage()) {
      case messages::SCORING_STAGE_SCORE:
        waiting.block = from.items;
        break;
      case messages::SCORING_STAGE_RENDER:
      case messages::SCORING_STAGE_RECORD:
        waiting.block = scored(key);
        break;
      default:
        break;
    }
  }
}

} // namespace troupe::scoring
