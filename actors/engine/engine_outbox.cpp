#include "actors/engine/engine_outbox.hpp"

#include "runtime/actor_errors.hpp"

#include <iterator>

namespace troupe::engine {

namespace {

void refuse(outgoing& what, const caf::error& reason) {
  std::visit(
    [&](auto& each) {
      // Only answers have a promise; hosts learn of the end by themselves.
      if constexpr (requires { each.to.deliver(caf::error{}); })
        each.to.deliver(reason);
    },
    what);
}

} // namespace

engine_outbox::~engine_outbox() {
  auto why = runtime::problem{};
  why.kind = runtime::problem_kind::unavailable;
  why.message = "the engine stopped before this was stored"
                + (reason_ ? ": " + reason_->message : "");
  why.hint = "ask again with the same idempotency key";
  const auto reason = runtime::to_error(why);
  for (auto* some : {&in_flight_, &waiting_})
    for (auto& what : *some)
      refuse(what, reason);
}

void engine_outbox::begin_commit() {
  in_flight_.insert(in_flight_.end(), std::make_move_iterator(waiting_.begin()),
                    std::make_move_iterator(waiting_.end()));
  waiting_.clear();
}

std::vector<outgoing> engine_outbox::end_commit() {
  return std::exchange(in_flight_, {});
}

} // namespace troupe::engine
