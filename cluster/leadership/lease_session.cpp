#include "cluster/leadership/lease_session.hpp"

#include "cluster/leadership/lease_statements.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include <libpq-fe.h>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::postgres_session;
using runtime::problem;
using runtime::problem_kind;
using kind = lease_action::kind;

namespace {

constexpr auto undefined_table = "42P01";
constexpr auto lock_not_available = "55P03";
/// Of several that make the table at once, some may meet in a key of its names.
constexpr auto tries_max = 3;
/// What anybody could have written into the table.
constexpr auto rows_max = 2;
constexpr auto holder_bytes_max = std::size_t{300};
constexpr auto left_max = std::chrono::microseconds{std::chrono::hours{24}};

/// The server is to lose patience before we do. A stronger durability stays.
constexpr auto settings_sql = R"sql(
SELECT set_config('statement_timeout', $1, false),
       set_config('lock_timeout', $2, false),
       set_config('default_transaction_isolation', 'read committed', false),
       CASE WHEN current_setting('synchronous_commit') <> 'remote_apply'
            THEN set_config('synchronous_commit', 'on', false) END
)sql";

/// The commit of a renewal may wait for much that others write to the same log;
/// its answer counts late as well, and a new connection would take longer.
std::chrono::milliseconds patience_for(kind what, const lease_timing& timing) {
  return what == kind::renew
           ? std::max(timing.request_timeout, timing.length / 2)
           : timing.request_timeout;
}

template <class Number>
std::optional<Number> to_number(const std::string& text) {
  auto number = Number{0};
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{number}
                                                   : std::nullopt;
}

std::optional<lease_answer> to_answer(const std::vector<std::string>& row) {
  constexpr auto fields = std::size_t{4};
  if (row.size() != fields || row[1].size() > holder_bytes_max)
    return std::nullopt;
  const auto epoch = to_number<lease_epoch>(row[2]);
  const auto left = to_number<std::int64_t>(row[3]);
  if (!epoch || !left)
    return std::nullopt;
  return lease_answer{.is_granted = row[0] == "t",
                      .holder = row[1],
                      .epoch = *epoch,
                      .left
                      = std::clamp(std::chrono::microseconds{*left},
                                   std::chrono::microseconds{0}, left_max)};
}

bool is_error(const PGresult& result) {
  const auto status = PQresultStatus(&result);
  return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
}

std::string in_milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count());
}

} // namespace

tl::unexpected<problem> lease_session::lose(problem reason) {
  // Half an answer is of no use, and the rest may come any time.
  session_.reset();
  reason.file = options_.address.name;
  return fail(std::move(reason));
}

outcome<lease_session::reply>
lease_session::run(std::string_view sql, const std::vector<std::string>& values,
                   time deadline) {
  auto texts = std::vector<const char*>{};
  for (const auto& value : values)
    texts.push_back(value.c_str());
  auto* const to = session_->get();
  if (PQsendQueryParams(to, sql.data(), static_cast<int>(texts.size()), nullptr,
                        texts.data(), nullptr, nullptr, 0)
      == 0)
    return lose(session_->failure());
  auto all = reply{};
  for (;;) {
    const auto result = session_->next_result(deadline);
    if (!result)
      return lose(result.error());
    if (!*result)
      return all;
    if (is_error(**result)) {
      const auto error = runtime::error_of(**result);
      all.reason = to_problem(error, sql);
      all.state = error.state;
      // Without a state it was not the server who said so.
      if (all.state.empty() || PQstatus(to) == CONNECTION_BAD)
        return lose(all.reason);
    }
    const auto rows = std::min(PQntuples(result->get()), rows_max);
    for (auto row = 0; row < rows; ++row) {
      auto& cells = all.rows.emplace_back();
      for (auto field = 0; field < PQnfields(result->get()); ++field)
        cells.emplace_back(PQgetvalue(result->get(), row, field));
    }
  }
}

outcome<void> lease_session::make_lease(time deadline) {
  for (auto tried = 0; tried < tries_max; ++tried) {
    const auto made = run(create_lease_sql, {options_.lease}, deadline);
    if (!made)
      return fail(made.error());
    if (made->state.empty())
      return {};
    if (made->state != undefined_table)
      return lose(made->reason);
    // If it fails, the next try tells why.
    if (const auto created = run(create_leases_sql, {}, deadline); !created)
      return fail(created.error());
    else if (!created->state.empty() && tried + 1 == tries_max)
      return lose(created->reason);
  }
  return {};
}

outcome<void> lease_session::connect() {
  const auto deadline
    = std::chrono::steady_clock::now() + options_.connect_timeout;
  auto session
    = postgres_session::connect(options_.address, options_.connect_timeout, {},
                                "troupe lease " + options_.lease);
  if (!session)
    return fail(session.error());
  session_ = std::move(*session);
  if (auto made = make_lease(deadline); !made)
    return made;
  const auto patience = options_.timing.request_timeout;
  const auto set
    = run(settings_sql,
          {in_milliseconds(patience * 2 / 3), in_milliseconds(patience / 3)},
          deadline);
  if (!set)
    return fail(set.error());
  if (!set->state.empty())
    return lose(set->reason);
  return {};
}

outcome<lease_session::reply> lease_session::run(const lease_question& question,
                                                 time deadline) {
  const auto length
    = std::to_string(std::chrono::microseconds{options_.timing.length}.count());
  const auto epoch = std::to_string(question.epoch);
  const auto& lease = options_.lease;
  switch (question.what) {
    case kind::acquire:
      return run(acquire_lease_sql, {lease, question.holder, length}, deadline);
    case kind::renew:
      return run(renew_lease_sql, {lease, question.holder, epoch, length},
                 deadline);
    case kind::release:
      return run(release_lease_sql, {lease, question.holder, epoch}, deadline);
    default:
      return run(watch_lease_sql, {lease}, deadline);
  }
}

outcome<lease_answer> lease_session::ask(const lease_question& question) {
  if (!session_)
    if (auto connected = connect(); !connected)
      return fail(connected.error());
  const auto deadline = std::chrono::steady_clock::now()
                        + patience_for(question.what, options_.timing);
  auto replied = run(question, deadline);
  if (replied && replied->state == lock_not_available
      && question.what == kind::acquire) {
    if (auto ended = run(end_writers_sql, {options_.lease}, deadline); !ended)
      return fail(ended.error());
    replied = run(question, deadline);
  }
  if (!replied)
    return fail(replied.error());
  if (!replied->state.empty())
    return fail(replied->reason);
  if (replied->rows.empty() && question.what == kind::release)
    return lease_answer{}; // It was not held any more.
  const auto answer
    = replied->rows.empty() ? std::nullopt : to_answer(replied->rows.front());
  if (!answer) {
    auto reason = problem{};
    reason.kind = problem_kind::failed;
    reason.message = "the database has no lease \"" + options_.lease + '"';
    // Connecting makes it.
    return lose(std::move(reason));
  }
  return *answer;
}

} // namespace troupe::cluster
