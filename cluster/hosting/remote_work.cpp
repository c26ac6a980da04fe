#include "cluster/hosting/remote_work.hpp"

#include <utility>

namespace troupe::cluster {

namespace {

void add_failure(messages::ActivityReports& to,
                 const messages::RunActivity& request, const char* kind,
                 const char* message) {
  auto& failure = *to.add_reports()->mutable_failed();
  *failure.mutable_ref() = request.ref();
  failure.set_kind(kind);
  failure.set_message(message);
}

} // namespace

remote_work::remote_work(std::uint64_t session, std::uint32_t credit,
                         remote_work_options options)
  : options_{options}, session_{session}, credit_{credit} {
  inbox_.begin(session);
}

messages::ActivityReports
remote_work::run(const messages::RunActivities& requests) {
  auto refused = messages::ActivityReports{};
  for (const auto& request : requests.activities()) {
    const auto takes_credit = !request.takes_no_credit();
    if ((takes_credit && credit_ == 0)
        || waiting_.size() >= options_.orders_max) {
      add_failure(refused, request, "overloaded",
                  "more activities than the node has asked for");
      refused.mutable_reports()->rbegin()->mutable_failed()->set_retryable(
        true);
      continue;
    }
    if (takes_credit)
      --credit_;
    *waiting_.emplace_back().mutable_run()->add_activities() = request;
  }
  return refused;
}

void remote_work::cancel(const messages::CancelActivity& what) {
  auto& waiting = cancels_[engine::to_key(what.ref())];
  // The last word counts, as the host would hear all of them at once.
  if (waiting == nullptr)
    waiting = &waiting_.emplace_back();
  *waiting->mutable_cancel() = what;
}

void remote_work::keep(const messages::KeepActivities& what) {
  *waiting_.emplace_back().mutable_keep() = what;
}

const messages::HostingOrders* remote_work::question() {
  if (const auto* outstanding = outbox_.outstanding())
    return outstanding;
  if (waiting_.empty() && !must_tell_)
    return nullptr;
  auto next = messages::HostingOrders{};
  next.set_session(session_);
  next.set_stored(stored_);
  stored_told_ = stored_;
  must_tell_ = false;
  auto bytes = std::size_t{0};
  while (!waiting_.empty()) {
    bytes += waiting_.front().ByteSizeLong();
    const auto count = static_cast<std::size_t>(next.orders_size());
    if (count != 0
        && (bytes > options_.batch.bytes_max
            || count >= options_.batch.items_max))
      break;
    if (waiting_.front().has_cancel())
      cancels_.erase(engine::to_key(waiting_.front().cancel().ref()));
    *next.add_orders() = std::move(waiting_.front());
    waiting_.pop_front();
  }
  return &outbox_.begin(std::move(next));
}

messages::ActivityReports remote_work::refuse_outstanding() {
  auto refused = messages::ActivityReports{};
  if (outbox_.outstanding() == nullptr)
    return refused;
  const auto withdrawn = outbox_.withdraw();
  stored_told_ = 0;
  tell_stored();
  for (const auto& order : withdrawn.orders())
    for (const auto& request : order.run().activities()) {
      add_failure(refused, request, "input_too_large",
                  "its input is too long to be sent to another node");
      if (request.takes_no_credit())
        continue;
      // The node has not heard of it, so its place is as free as before.
      ++credit_;
      refused.set_credit(refused.credit() + 1);
    }
  return refused;
}

arrival remote_work::hear(const messages::HostingReports& reports) {
  const auto what = inbox_.take(reports.session(), reports.sequence());
  if (what == arrival::fresh)
    credit_ += reports.reports().credit();
  return what;
}

} // namespace troupe::cluster
