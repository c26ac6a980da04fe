#include "cluster/hosting/report_queue.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

namespace {

/// Of a message that is cut because its report is too long.
constexpr auto message_bytes_max = std::size_t{2'000};

/// The same in few bytes. Whoever succeeded with more than a link carries has
/// failed for whoever waits for its output.
void shorten_report(messages::ActivityReport& report) {
  if (report.has_progress())
    return report.mutable_progress()->clear_progress_json();
  if (report.has_failed()) {
    auto& failure = *report.mutable_failed();
    failure.clear_details_json();
    if (failure.message().size() > message_bytes_max)
      failure.set_message("its message is too long to be sent");
    return;
  }
  auto failure = messages::ActivityFailed{};
  *failure.mutable_ref() = report.succeeded().ref();
  failure.set_kind("output_too_large");
  failure.set_message("its output of "
                      + std::to_string(report.succeeded().output_json().size())
                      + " bytes is too long to be sent to another node");
  *report.mutable_failed() = std::move(failure);
}

} // namespace

const messages::ActivityRef& ref_of(const messages::ActivityReport& report) {
  if (report.has_succeeded())
    return report.succeeded().ref();
  return report.has_failed() ? report.failed().ref() : report.progress().ref();
}

messages::ActivityRef& mutable_ref_of(messages::ActivityReport& report) {
  if (report.has_succeeded())
    return *report.mutable_succeeded()->mutable_ref();
  if (report.has_failed())
    return *report.mutable_failed()->mutable_ref();
  return *report.mutable_progress()->mutable_ref();
}

bool is_terminal(const messages::ActivityReport& report) {
  return report.has_succeeded() || report.has_failed();
}

report_queue::number report_queue::add(messages::ActivityReport report) {
  waiting_.emplace_hint(waiting_.end(), ++last_, std::move(report));
  return last_;
}

report_queue::number report_queue::replace(number old,
                                           messages::ActivityReport report) {
  const auto found = waiting_.find(old);
  if (found == waiting_.end() || std::ranges::binary_search(under_way_, old))
    return add(std::move(report));
  found->second = std::move(report);
  return old;
}

void report_queue::set_epoch(number of, std::uint64_t epoch) {
  const auto found = waiting_.find(of);
  if (found != waiting_.end())
    mutable_ref_of(found->second).set_epoch(epoch);
}

void report_queue::erase(number of) {
  waiting_.erase(of);
  taken_.erase(of);
}

messages::ActivityReports report_queue::take(const filter& counts,
                                             const batch_limits& limits) {
  auto batch = messages::ActivityReports{};
  auto bytes = std::size_t{0};
  under_way_.clear();
  for (const auto& [at, report] : waiting_) {
    if (!counts(ref_of(report)))
      continue;
    bytes += report.ByteSizeLong();
    if (!under_way_.empty()
        && (bytes > limits.bytes_max || under_way_.size() >= limits.items_max))
      break;
    under_way_.push_back(at);
    *batch.add_reports() = report;
  }
  return batch;
}

std::vector<messages::ActivityRef>
report_queue::confirm(std::uint64_t question) {
  auto ends = std::vector<messages::ActivityRef>{};
  for (const auto at : std::exchange(under_way_, {})) {
    auto node = waiting_.extract(at);
    if (node.empty() || !is_terminal(node.mapped()))
      continue;
    ends.push_back(ref_of(node.mapped()));
    taken_with_.emplace_back(question, at);
    taken_.insert(taken_.end(), std::move(node));
  }
  return ends;
}

std::vector<messages::ActivityRef> report_queue::store(std::uint64_t question) {
  auto ends = std::vector<messages::ActivityRef>{};
  while (!taken_with_.empty() && taken_with_.front().first <= question) {
    const auto node = taken_.extract(taken_with_.front().second);
    taken_with_.pop_front();
    if (!node.empty())
      ends.push_back(ref_of(node.mapped()));
  }
  return ends;
}

void report_queue::retract() {
  under_way_.clear();
  waiting_.merge(taken_);
  taken_with_.clear();
}

void report_queue::shorten() {
  for (const auto at : std::exchange(under_way_, {}))
    if (const auto found = waiting_.find(at); found != waiting_.end())
      shorten_report(found->second);
}

} // namespace troupe::cluster
