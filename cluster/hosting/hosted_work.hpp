#pragma once

#include "actors/engine/activity_table.hpp"
#include "cluster/hosting/ordered_exchange.hpp"
#include "cluster/hosting/report_queue.hpp"
#include "messages/hosting.pb.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace troupe::cluster {

/// What a node runs for whoever leads, and what it has to say of it:
///
///              open            the leader answers, or gives orders
///     no session --> opening ------------------------------------> open
///         ^             |                                            |
///         +-------------+--------------------------------------------+
///            another leader, an unknown session, another host
///
/// An activity is here from its order until its end is stored, across any
/// number of sessions: a leader that dies with what it has taken is told once
/// more by the next one's session. Reports of an earlier epoch wait until the
/// leader keeps the activity, or cancels it.
class hosted_work {
public:
  /// Of `taken_max` ends, which the leader has taken and not stored, those
  /// beyond hold their places.
  explicit hosted_work(batch_limits limits = {}, std::size_t taken_max = 16'384)
    : limits_{limits}, taken_max_{taken_max} {}

  // -- the host ---------------------------------------------------------------

  /// A host has room for activities. What it was given before and does not name
  /// as running has failed.
  void welcome_host(const messages::GetActivities& offer);

  /// What it ran has failed.
  void lose_host(const std::string& why);

  [[nodiscard]] bool has_host() const noexcept {
    return has_host_;
  }

  /// What the host says of its activities.
  void hear(const messages::ActivityReports& reports);

  // -- sessions ---------------------------------------------------------------

  /// Only without a session, and with a host.
  void open();

  void end_session();

  [[nodiscard]] bool has_session() const noexcept {
    return phase_ != phase::none;
  }

  [[nodiscard]] bool is_open() const noexcept {
    return phase_ == phase::open;
  }

  /// What a session begins with: the same whenever it is asked for.
  [[nodiscard]] const messages::OpenHosting& opening() const noexcept {
    return opening_;
  }

  /// The leader has answered.
  void confirm_open() noexcept {
    if (phase_ == phase::opening)
      phase_ = phase::open;
  }

  // -- orders -----------------------------------------------------------------

  struct taken {
    arrival what = arrival::unknown;
    /// For the host, in this order.
    std::vector<messages::HostingOrder> orders;
  };

  [[nodiscard]] taken take(const messages::HostingOrders& orders);

  // -- reports ----------------------------------------------------------------

  /// Whether to ask although there is nothing to report.
  enum class asking : std::uint8_t { when_needed, in_any_case };

  /// What has to be asked, while the session is open: what is outstanding, or
  /// the next. Null: nothing.
  [[nodiscard]] const messages::HostingReports* question(asking when);

  /// The leader has them.
  void confirm(std::uint64_t sequence);

  /// It has stored all that was reported in this session up to there.
  void store(std::uint64_t sequence);

  /// What is outstanding is too long for a link.
  void shorten();

  /// Activities whose end is not stored.
  [[nodiscard]] std::size_t size() const noexcept {
    return entries_.size();
  }

  /// Of these, those that the host has not reported yet.
  [[nodiscard]] std::size_t running() const noexcept {
    return running_;
  }

  /// Activities that ran and do no more, since the start.
  [[nodiscard]] std::uint64_t ended() const noexcept {
    return begun_ - running_;
  }

  [[nodiscard]] std::size_t waiting_reports() const noexcept {
    return reports_.size();
  }

private:
  enum class phase : std::uint8_t { none, opening, open };

  struct entry {
    bool takes_place = false;
    /// The leader has dropped it: its end is nobody's business.
    bool is_dropped = false;
    /// In which the leader gave or kept it; nothing of it is said in another.
    std::uint64_t session = 0;
    report_queue::number progress = 0;
    report_queue::number end = 0; ///< 0: it runs.
    bool is_taken = false; ///< The leader has its end.
    /// Under which the host may still report.
    std::vector<std::uint64_t> former_epochs;
  };

  using entry_map = std::map<engine::activity_key, entry>;

  [[nodiscard]] entry_map::iterator find(const messages::ActivityRef& ref);
  [[nodiscard]] static bool holds_ended_place(const entry& each) noexcept {
    return each.end != 0 && each.takes_place && !each.is_taken;
  }

  void erase(entry_map::iterator which);
  void end(entry_map::iterator which, messages::ActivityReport report);
  void fail_others(const std::set<engine::activity_key>& named,
                   const std::string& why);
  void hear(messages::ActivityReport report);
  [[nodiscard]] bool run(const messages::RunActivity& request);
  void supersede(const engine::activity_key& by);
  void keep(const messages::KeepActivities& what);
  void cancel(const messages::ActivityRef& ref);
  void take_order(const messages::HostingOrder& order, taken& into);
  [[nodiscard]] std::uint32_t take_credit(std::size_t reported);

  batch_limits limits_;
  std::size_t taken_max_;
  entry_map entries_;
  std::size_t running_ = 0;
  std::uint64_t begun_ = 0;
  report_queue reports_;
  messages::GetActivities offer_;
  bool has_host_ = false;
  /// Places of the host that nobody holds.
  std::uint32_t free_ = 0;
  /// Places of ends that the leader has not taken.
  std::size_t ended_ = 0;
  /// Of the free ones, how many the leader may fill.
  std::uint32_t granted_ = 0;
  phase phase_ = phase::none;
  std::uint64_t session_ = 0;
  messages::OpenHosting opening_;
  ordered_inbox inbox_;
  ordered_outbox<messages::HostingReports> outbox_;
};

} // namespace troupe::cluster
