#pragma once

#include "cluster/hosting/hosted_work.hpp"
#include "cluster/hosting/leader_choice.hpp"
#include "cluster/hosting/remote_work.hpp"
#include "cluster/hosting/session_book.hpp"
#include "runtime/draw_stream.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::tests {

/// A host that runs whatever it is told to, for as long as chance wants, and
/// talks with its node through mailboxes.
struct world_host {
  struct activity {
    messages::ActivityRef ref;
    std::string id; ///< Of this one start, whatever its epochs.
    bool is_superseded = false;
  };

  std::vector<activity> running;
  std::deque<messages::HostingOrder> told;
  std::deque<messages::ActivityReports> said;

  void hear_next();
  /// One ends, and says so unless its work was taken over.
  void end(std::size_t which);
};

/// A piece of work as the store knows it: whoever leads reads it there.
struct world_task {
  enum class status : std::uint8_t {
    waiting,
    given,
    ended, ///< As its leader has heard; not stored.
    done,
  };

  status is = status::waiting;
  std::uint64_t claim = 0;
  std::uint64_t epoch = 0; ///< Under which it was given or kept.
  std::uint64_t session = 0; ///< 0: of nobody any more.
  std::uint64_t effects = 0; ///< Ends that counted.
  bool is_cancelled = false;
  /// Its end was heard by a leader that died before it was stored; the node
  /// has to say it again.
  bool is_owed = false;
  /// Its node was told to drop it.
  bool is_dropped = false;
};

/// A node that leads, or still believes so.
struct world_leader {
  struct open_session {
    std::uint64_t number = 0;
    std::uint32_t credit = 0;
    cluster::remote_work work;
  };

  std::uint64_t epoch = 0;
  std::string node;
  cluster::session_book book;
  std::optional<open_session> session;
  /// Ends it has heard and not stored: by session, question and task.
  struct unstored_end {
    std::uint64_t session = 0;
    std::uint64_t question = 0;
    std::size_t task = 0;
  };
  std::vector<unstored_end> unstored;
};

/// One node that runs activities, leaders that follow each other, and messages
/// that are lost, repeated and late, from a seed. `complaint` says what broke.
class hosting_world {
public:
  explicit hosting_world(std::uint64_t seed);

  /// Chaos, then calm until all is done.
  void play();

  std::string complaint;
  std::uint64_t runs_handed = 0;
  std::uint64_t keeps_handed = 0;
  std::uint64_t sessions = 0;
  std::uint64_t ends_said_again = 0;

private:
  using leader_ptr = std::shared_ptr<world_leader>;

  struct session_log {
    std::vector<std::string> ordered;
    std::vector<std::string> handed;
    std::set<std::string> ends;
    std::uint64_t given = 0; ///< Runs that took credit.
    std::uint64_t arrived = 0; ///< Of these, at the node.
  };

  enum class answer : std::uint8_t { taken, refused };

  void complain(const std::string& what);
  void post(std::function<void()> what);
  void step();
  void deliver_due();
  void check_credit();
  void check_end();

  // -- the store and whoever leads it -----------------------------------------
  void elect();
  void lead();
  void give(world_task& task, std::size_t index);
  void decide(world_leader& leader, const messages::ActivityRef& ref);
  void lose_session(world_leader& leader);
  void begin_session(world_leader& leader,
                     const messages::OpenHosting& opening);
  void take_end(world_leader& leader, const messages::ActivityReport& report,
                std::uint64_t question);
  void store(world_leader& leader);
  void order(world_leader& leader, const messages::HostingOrder& what);
  void ask(const leader_ptr& leader);
  void hear_open(const leader_ptr& leader, std::uint64_t epoch,
                 const messages::OpenHosting& opening);
  void hear_reports(const leader_ptr& leader, std::uint64_t epoch,
                    const messages::HostingReports& reports);
  void hear_answer(const leader_ptr& leader, std::uint64_t session,
                   std::uint64_t sequence, answer what);

  // -- the node ---------------------------------------------------------------
  void ask_leader();
  void hear_notice(const leader_ptr& leader);
  void hear_orders(const leader_ptr& leader, std::uint64_t epoch,
                   const messages::HostingOrders& orders);
  void hear_leader(std::uint64_t session, std::uint64_t sequence, answer what);
  void hand_over(std::uint64_t session, const messages::HostingOrder& what);
  void move_host();

  runtime::draw_stream draw_;
  bool is_calm_ = false;
  std::uint64_t now_ = 0;
  std::uint32_t places_ = 1;
  std::multimap<std::uint64_t, std::function<void()>> under_way_;

  std::vector<world_task> tasks_;
  std::vector<leader_ptr> leaders_; ///< The last one leads.

  cluster::hosted_work work_;
  cluster::leader_choice choice_;
  leader_ptr followed_;
  world_host host_;

  std::map<std::uint64_t, session_log> logs_; ///< By session.
  std::map<std::string, std::string> ids_; ///< Of starts, by their refs.
  std::set<std::string> started_;
  std::set<std::string> heard_; ///< Starts whose end a leader heard.
  std::set<std::string> dropped_; ///< Starts that nobody asks for any more.
};

} // namespace troupe::tests
