#include "actors/scoring/real_time_scorer.hpp"

#include "actors/scoring/item_reader.hpp"
#include "runtime/actor_errors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace troupe::scoring {

using messages::ItemScores;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

struct real_time_scorer_state {
  static constexpr auto name = "real_time_scorer"; // Shown in logs.

  real_time_scorer_options options;
  std::size_t waiting = 0; ///< For the disk.
};

using real_time_scorer_pointer
  = real_time_scorer_actor::stateful_pointer<real_time_scorer_state>;

outcome<scored_batch> score_text(const real_time_scorer_options& options,
                                 const std::string& text,
                                 runtime::clock::wall_time now) {
  if (text.size() > options.bytes_max)
    return fail(problem_kind::invalid_input,
                "more than " + std::to_string(options.bytes_max)
                  + " bytes in one request",
                "send fewer items at a time");
  auto reading_options = item_reader_options{};
  reading_options.as_of = now;
  reading_options.file = options.source;
  auto reading
    = read_items(options.basis->plan, std::move(reading_options), text);
  if (!reading)
    return fail(reading.error());
  const auto rows = reading->batch.rows;
  if (rows == 0 || rows > options.items_max)
    return fail(problem_kind::invalid_input,
                rows == 0 ? std::string{"no items to score"}
                          : "more than " + std::to_string(options.items_max)
                              + " items in one request",
                "send 1 to " + std::to_string(options.items_max)
                  + " items, one JSON object per line");
  auto items = unpack_items(pack(std::move(reading->batch)));
  if (!items)
    return fail(problem_kind::failed, "a batch of items contradicts itself");
  return score_in_real_time(*options.basis, std::move(*items));
}

ItemScores reply_of(const real_time_basis& basis, const std::string& run,
                    const scored_batch& batch) {
  auto reply = ItemScores{};
  reply.set_run(run);
  reply.set_base_run(basis.run->run);
  reply.set_base_items(basis.run->rows());
  const auto at
    = [](const messages::column& values, std::size_t row, double absent) {
        return values.size() == 0 ? absent : values.doubles()[row];
      };
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    auto& score = *reply.add_scores();
    score.set_item(batch.id(row));
    if (batch.items.titles.size() != 0)
      score.set_title(std::string{batch.items.titles.text(row)});
    score.set_total(at(batch.totals.total, row, 0.0));
    score.set_strategic(at(batch.totals.strategic, row, 0.0));
    score.set_financial(at(batch.totals.financial, row, 0.0));
    score.set_penalty(at(batch.totals.penalty, row, 0.0));
    score.set_completeness(at(batch.strategic.completeness, row, 1.0));
    score.set_rank(batch.overall_ranks.counts()[row]);
  }
  return reply;
}

caf::result<ItemScores> score_items(real_time_scorer_pointer self,
                                    const std::string& text) {
  auto& state = self->state;
  const auto& options = state.options;
  if (state.waiting >= options.waiting_max) {
    auto reason = runtime::problem{};
    reason.kind = problem_kind::unavailable;
    reason.message = "too many requests are waiting for the disk";
    reason.hint = "try again later, or send several items in one request";
    return runtime::to_error(reason);
  }
  const auto now = options.now();
  const auto batch = score_text(options, text, now);
  if (!batch)
    return runtime::to_error(batch.error());
  auto record = real_time_record{};
  record.header.run = options.next_run();
  record.header.source = options.source;
  record.header.started_at = now;
  record.header.finished_at = options.now();
  record.as_of = now;
  auto answer = reply_of(*options.basis, record.header.run, *batch);
  auto request
    = make_store_request(*options.basis, std::move(record), {*batch});
  auto reply = self->make_response_promise<ItemScores>();
  ++state.waiting;
  self
    ->request(options.store, options.store_timeout,
              std::move(request.transaction), std::move(request.rows))
    .then(
      [self, reply, answer = std::move(answer)](
        const messages::TransactionCommitted&) mutable {
        --self->state.waiting;
        reply.deliver(std::move(answer));
      },
      [self, reply](const caf::error& reason) mutable {
        --self->state.waiting;
        reply.deliver(
          runtime::to_error(runtime::to_problem(reason, self->system())));
      });
  return reply;
}

real_time_scorer_actor::behavior_type
real_time_scorer(real_time_scorer_pointer self,
                 const real_time_scorer_options& options) {
  self->state.options = options;
  return {
    [=](const messages::ScoreItems& command) {
      return score_items(self, command.items());
    },
  };
}

} // namespace

real_time_scorer_actor
spawn_real_time_scorer(caf::actor_system& system,
                       real_time_scorer_options options) {
  return system.spawn(real_time_scorer, std::move(options));
}

} // namespace troupe::scoring
