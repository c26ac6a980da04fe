#pragma once

#include "actors/engine/activity_table.hpp"
#include "cluster/hosting/ordered_exchange.hpp"
#include "messages/hosting.pb.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>

namespace troupe::cluster {

struct remote_work_options {
  batch_limits batch;
  /// Orders that wait for their node; more end the session. Far more than the
  /// credit of a node.
  std::size_t orders_max = 16'384;
};

/// A session with a node that runs activities, as its leader sees it: orders
/// that the node has not confirmed, and which of its reports are new.
class remote_work {
public:
  /// `credit` is what the session began with.
  remote_work(std::uint64_t session, std::uint32_t credit,
              remote_work_options options = {});
  remote_work(remote_work&&) = default;
  remote_work& operator=(remote_work&&) = default;
  remote_work(const remote_work&) = delete;
  remote_work& operator=(const remote_work&) = delete;
  ~remote_work() = default;

  /// What is beyond the credit has failed as `overloaded`, as at any host.
  [[nodiscard]] messages::ActivityReports
  run(const messages::RunActivities& requests);

  void cancel(const messages::CancelActivity& what);
  void keep(const messages::KeepActivities& what);

  /// More waits than a node can have asked for.
  [[nodiscard]] bool is_overfull() const noexcept {
    return waiting_.size() > options_.orders_max;
  }

  /// What the node has reported up to there is stored: the next orders say so.
  void note_stored(std::uint64_t sequence) noexcept {
    stored_ = std::max(stored_, sequence);
  }

  /// It is to be said even if there are no orders.
  void tell_stored() noexcept {
    must_tell_ = stored_ != stored_told_;
  }

  /// What has to be asked: what is outstanding, or the next. Null: nothing.
  [[nodiscard]] const messages::HostingOrders* question();

  /// The node has them.
  void confirm(std::uint64_t sequence) {
    static_cast<void>(outbox_.acknowledge(sequence));
  }

  /// What is outstanding is too long for a link: what it was to run has failed.
  [[nodiscard]] messages::ActivityReports refuse_outstanding();

  /// Reports arrive; fresh ones are for the engine.
  [[nodiscard]] arrival hear(const messages::HostingReports& reports);

  /// Orders that wait, without those that are outstanding.
  [[nodiscard]] std::size_t waiting() const noexcept {
    return waiting_.size();
  }

private:
  remote_work_options options_;
  std::uint64_t session_;
  std::uint32_t credit_;
  std::deque<messages::HostingOrder> waiting_;
  /// Those among them that cancel.
  std::map<engine::activity_key, messages::HostingOrder*> cancels_;
  ordered_inbox inbox_;
  ordered_outbox<messages::HostingOrders> outbox_;
  std::uint64_t stored_ = 0; ///< Of the reports.
  std::uint64_t stored_told_ = 0;
  bool must_tell_ = false;
};

} // namespace troupe::cluster
