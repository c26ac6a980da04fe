#pragma once

#include "cluster/leadership/lease_row.hpp"
#include "cluster/leadership/lease_timing.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

/// Why a node leads no more.
enum class step_down_reason : std::uint8_t {
  belief_over, ///< No renewal was confirmed in time.
  lost, ///< The database says that it is not the leader.
  late_ticks, ///< It was away for too long to know.
  asked, ///< Somebody wants another leader.
  stopped, ///< An orderly end.
};

[[nodiscard]] std::string_view to_string(step_down_reason reason) noexcept;

/// What the owner of a keeper has to do, at once and in this order.
struct lease_action {
  enum class kind : std::uint8_t {
    acquire, ///< Ask the database for the lease (lease_statements.hpp).
    renew, ///< Ask it for more time, under `epoch`.
    release, ///< Give the lease under `epoch` back.
    watch, ///< Ask how things are.
    lead, ///< The node leads, under `epoch`.
    step_down, ///< It leads no more: nothing under `epoch` may begin.
  };

  kind what = kind::watch;
  /// Which answer belongs to it; 0 if there is none to come.
  std::uint64_t request = 0;
  lease_epoch epoch = 0;
  step_down_reason reason = step_down_reason::lost;

  friend bool operator==(const lease_action&, const lease_action&) = default;
};

/// What became of a request.
struct lease_reply {
  enum class status : std::uint8_t {
    answered,
    failed, ///< Whether it took effect is not known.
    timed_out, ///< The same; the answer may still come.
  };

  std::uint64_t request = 0;
  status how = status::answered;
  /// Only if answered.
  lease_answer answer;
};

/// A node's part in who leads.
///
///                 free              granted in time
///     standby ----------> asking --------------------> leading
///      ^   ^                |  refused, lost, too late   |  | renews at a
///      |   +----------------+                            |  | third, while
///      |                                                 +<-+ it believes
///      +-------------------------------------------------+
///        belief over, refused, own ticks late, asked
///
///     any of them --- stop ---> stopped: what is still granted is given back
///
/// The belief ends before the lease does: a lease granted for `left` counts
/// from when the request was sent (the database granted it later) and for
/// `left` less the margin. So as long as no clock drifts by more than the
/// margin allows or is set by hand, there are never two who believe. What
/// nobody can prevent is a node that is stopped between deciding and writing;
/// therefore every write carries the epoch.
///
/// Pure: the monotonic time comes in with each call, chance as a number of 64
/// bits. An epoch that the node gave up it never leads under again.
class lease_keeper {
public:
  using instant = runtime::clock::steady_time;
  using actions = std::vector<lease_action>;

  /// `holder`: node and incarnation. The timing has passed `check`.
  lease_keeper(std::string holder, const lease_timing& timing);

  /// To be called several times in `tick_gap_max`. A longer gap is noticed, and
  /// a leader that was away steps down.
  [[nodiscard]] actions tick(instant now, std::uint64_t draw);

  /// What the database said. Of requests long forgotten it is ignored.
  [[nodiscard]] actions answer(instant now, const lease_reply& reply,
                               std::uint64_t draw);

  /// Somebody else found that this node does not keep time.
  [[nodiscard]] actions ticks_were_late(instant now);

  /// The lease may be free (a notification, a node that left): looks at once.
  [[nodiscard]] actions look_now(instant now);

  /// Lets somebody else lead, and does not try for so long.
  [[nodiscard]] actions step_aside(instant now,
                                   std::chrono::milliseconds abstain);

  /// Nobody else is there to lead after all: it tries again at once.
  [[nodiscard]] actions come_back(instant now);

  /// For good.
  [[nodiscard]] actions stop(instant now);

  /// Whether the node leads, as far as it may know. To be asked right before
  /// every decision.
  [[nodiscard]] bool leads(instant now) const noexcept;

  /// What writes have to carry; nothing while it does not lead.
  [[nodiscard]] std::optional<lease_epoch> epoch(instant now) const noexcept;

  /// When `tick` has something to do next, if nothing else happens.
  [[nodiscard]] instant next_check() const noexcept;

  /// Until when it believes; meaningless unless it leads.
  [[nodiscard]] instant believes_until() const noexcept {
    return believes_until_;
  }

  /// Who led when it was last told, itself included; for the status.
  [[nodiscard]] const lease_answer& last_seen() const noexcept {
    return last_seen_;
  }

private:
  struct sent_request {
    std::uint64_t number = 0;
    lease_action::kind what = lease_action::kind::watch;
    lease_epoch epoch = 0;
    instant at;
  };

  void send(lease_action::kind what, lease_epoch epoch, instant now,
            actions& out);
  void send_next(instant now, actions& out);
  void give_back(lease_epoch epoch, instant now, actions& out);
  void give_up(step_down_reason reason, instant now, actions& out);
  void heed_lateness(instant now, actions& out);
  void take_grant(const sent_request& of, const lease_answer& what, instant now,
                  actions& out);
  void take_view(const sent_request& of, const lease_answer& what, instant now,
                 std::uint64_t draw, actions& out);
  [[nodiscard]] std::chrono::milliseconds
  jitter(std::uint64_t draw) const noexcept;
  /// When the awaited request is given up.
  [[nodiscard]] instant awaited_until() const noexcept;
  [[nodiscard]] bool is_away(instant now) const noexcept;
  [[nodiscard]] bool may_lead(instant now) const noexcept;

  std::string holder_;
  lease_timing timing_;
  bool is_leading_ = false;
  bool is_stopped_ = false;
  lease_epoch epoch_ = 0; ///< The newest it led under, or gave back.
  instant believes_until_{};
  std::optional<instant> last_tick_;
  std::optional<instant> abstains_until_; ///< As its own ticks were late.
  std::optional<instant> aside_until_; ///< As it was asked to.

  std::uint64_t requests_ = 0;
  std::uint64_t awaited_ = 0; ///< The request that the next one waits for.
  std::deque<sent_request> sent_; ///< Bounded; the newest last.
  instant next_at_{};
  std::optional<instant> free_at_; ///< When the lease seen last has ended.
  lease_answer last_seen_;
};

} // namespace troupe::cluster
