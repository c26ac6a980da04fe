#pragma once

#include "cluster/leadership/lease_keeper.hpp"
#include "runtime/problem.hpp"
#include "runtime/query/postgres_address.hpp"
#include "runtime/query/postgres_session.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

/// What a keeper wants to know of the database.
struct lease_question {
  /// acquire, renew, release or watch.
  lease_action::kind what = lease_action::kind::watch;
  std::string holder;
  lease_epoch epoch = 0; ///< Of renew and release.
};

struct lease_session_options {
  runtime::postgres_address address;
  std::string lease = "leader";
  /// How long it is, and how long the server may think about a request.
  lease_timing timing;
  /// To be let in, and to make the table if there is none.
  std::chrono::milliseconds connect_timeout{1'000};
};

/// A connection to the database that has the leases. Made when it is needed,
/// and anew when it is lost; makes table and lease if they are not there.
/// Blocks for at most `connect_timeout` and `timing.request_timeout`, for a
/// renewal half of the lease's length. One thread at a time.
class lease_session {
public:
  explicit lease_session(lease_session_options options)
    : options_{std::move(options)} {}

  /// Errors: `unavailable`, `timeout`, `denied`, `not_found` (the database);
  /// then it is not known whether the request took effect. An acquisition that
  /// a writer holds up ends that writer's session, if the lease is over.
  [[nodiscard]] runtime::outcome<lease_answer>
  ask(const lease_question& question);

private:
  using time = runtime::postgres_session::time;
  using row_list = std::vector<std::vector<std::string>>;

  /// What a statement came to.
  struct reply {
    row_list rows;
    std::string state; ///< SQLSTATE; empty: it succeeded.
    runtime::problem reason; ///< If it did not.
  };

  [[nodiscard]] runtime::outcome<void> connect();
  [[nodiscard]] runtime::outcome<void> make_lease(time deadline);
  [[nodiscard]] runtime::outcome<reply>
  run(std::string_view sql, const std::vector<std::string>& values,
      time deadline);
  [[nodiscard]] runtime::outcome<reply> run(const lease_question& question,
                                            time deadline);
  [[nodiscard]] tl::unexpected<runtime::problem> lose(runtime::problem reason);

  lease_session_options options_;
  std::unique_ptr<runtime::postgres_session> session_;
};

} // namespace troupe::cluster
