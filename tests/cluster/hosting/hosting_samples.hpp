#pragma once

#include "messages/hosting.pb.h"

#include <cstdint>
#include <string>

namespace troupe::tests {

inline messages::ActivityRef ref_to(const std::string& step,
                                    std::uint64_t epoch = 1,
                                    std::uint64_t claim = 1) {
  auto ref = messages::ActivityRef{};
  ref.set_run("run-1");
  ref.set_step(step);
  ref.set_attempt(1);
  ref.set_epoch(epoch);
  ref.set_claim(claim);
  return ref;
}

inline messages::RunActivity order_to_run(const messages::ActivityRef& ref) {
  auto request = messages::RunActivity{};
  *request.mutable_ref() = ref;
  request.set_activity("echo");
  request.set_input_json("{}");
  return request;
}

inline messages::RunActivities all_of(const messages::RunActivity& request) {
  auto all = messages::RunActivities{};
  *all.add_activities() = request;
  return all;
}

inline messages::HostingOrder run_order(const messages::ActivityRef& ref) {
  auto order = messages::HostingOrder{};
  *order.mutable_run()->add_activities() = order_to_run(ref);
  return order;
}

inline messages::HostingOrder cancel_order(const messages::ActivityRef& ref) {
  auto order = messages::HostingOrder{};
  *order.mutable_cancel()->mutable_ref() = ref;
  return order;
}

inline messages::HostingOrder keep_order(const messages::ActivityRef& ref,
                                         std::uint64_t epoch) {
  auto order = messages::HostingOrder{};
  *order.mutable_keep()->add_refs() = ref;
  order.mutable_keep()->set_epoch(epoch);
  return order;
}

inline messages::ActivityReport success_of(const messages::ActivityRef& ref) {
  auto report = messages::ActivityReport{};
  *report.mutable_succeeded()->mutable_ref() = ref;
  report.mutable_succeeded()->set_output_json("1");
  return report;
}

inline messages::ActivityReport progress_of(const messages::ActivityRef& ref,
                                            const std::string& what) {
  auto report = messages::ActivityReport{};
  *report.mutable_progress()->mutable_ref() = ref;
  report.mutable_progress()->set_progress_json(what);
  return report;
}

/// What a host says when one activity has left its place.
inline messages::ActivityReports
reports_of(const messages::ActivityReport& report, std::uint32_t credit = 1) {
  auto reports = messages::ActivityReports{};
  *reports.add_reports() = report;
  reports.set_credit(credit);
  return reports;
}

inline messages::GetActivities offer_of(std::uint32_t credit) {
  auto offer = messages::GetActivities{};
  offer.set_credit(credit);
  offer.add_activities("echo");
  return offer;
}

} // namespace troupe::tests
