#include "runtime/store/postgres_lock.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::runtime {

namespace {

/// The first column of the first row; nothing without one.
outcome<std::optional<std::int64_t>>
first_number(postgres_connection& connection, std::string_view sql) {
  auto found = std::optional<std::int64_t>{};
  auto done = connection.query(sql, {}, [&](const sql_row& row) {
    if (!found)
      found = row.integer(0);
  });
  if (!done)
    return fail(std::move(done.error()));
  return found;
}

// Two numbers: ours among all locks, and that of the schema.
constexpr auto try_lock
  = "SELECT pg_try_advisory_lock(hashtext('troupe store'),"
    " hashtext(current_schema()))";

struct lock_owner {
  std::int64_t process = 0;
  std::string name;
};

outcome<lock_owner> find_owner(postgres_connection& connection) {
  auto owner = lock_owner{};
  auto done = connection.query(
    "SELECT a.pid, a.application_name FROM pg_locks l"
    " JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
    " AND l.database = (SELECT oid FROM pg_database"
    " WHERE datname = current_database())"
    " AND CAST(l.classid AS BIGINT)"
    " = CAST(hashtext('troupe store') AS BIGINT) & 4294967295"
    " AND CAST(l.objid AS BIGINT)"
    " = CAST(hashtext(current_schema()) AS BIGINT) & 4294967295",
    {}, [&](const sql_row& row) {
      owner.process = row.integer(0);
      owner.name = row.text(1);
    });
  if (!done)
    return fail(std::move(done.error()));
  return owner;
}

outcome<bool> holds(postgres_connection& connection, const write_fence& fence) {
  if (fence.sql.empty())
    return false;
  auto rows = 0;
  auto done = connection.query(fence.sql, fence.parameters,
                               [&](const sql_row&) { ++rows; });
  if (!done)
    return fail(std::move(done.error()));
  return rows == 1;
}

tl::unexpected<problem> in_use(const postgres_connection& connection,
                               const lock_owner& owner) {
  auto reason = problem{};
  reason.kind = problem_kind::unavailable;
  reason.file = connection.name();
  reason.message = "the store is in use by "
                   + (owner.name.empty() ? "another program" : owner.name);
  reason.hint = "end that process, or choose another store";
  return fail(std::move(reason));
}

} // namespace

outcome<void> lock_postgres(postgres_connection& connection,
                            const write_fence& fence, int former) {
  const auto locked = first_number(connection, try_lock);
  if (!locked)
    return fail(locked.error());
  if (*locked == 1)
    return {};
  const auto owner = find_owner(connection);
  if (!owner)
    return fail(owner.error());
  const auto is_ours = owner->process != 0 && owner->process == former;
  const auto is_ruled_out
    = is_ours ? outcome<bool>{true} : holds(connection, fence);
  if (!is_ruled_out)
    return fail(is_ruled_out.error());
  if (!*is_ruled_out)
    return in_use(connection, *owner);
  const auto process = std::to_string(owner->process);
  // It takes its lock along, which may take a moment: lock_timeout bounds it.
  if (auto done
      = connection.execute("SELECT pg_terminate_backend(" + process
                           + "); SELECT pg_advisory_lock(hashtext('troupe "
                             "store'), hashtext(current_schema()))");
      !done)
    return in_use(connection, *owner);
  return {};
}

outcome<std::int64_t> count_postgres_writer(postgres_connection& connection) {
  // Not a sequence: after a crash of the server, one may skip numbers.
  if (auto counted = connection.execute(
        "CREATE TABLE IF NOT EXISTS troupe_writers (number BIGINT NOT NULL);"
        "INSERT INTO troupe_writers SELECT 0 WHERE NOT EXISTS"
        " (SELECT 1 FROM troupe_writers);"
        "UPDATE troupe_writers SET number = number + 1");
      !counted)
    return fail(std::move(counted.error()));
  return last_postgres_writer(connection);
}

outcome<std::int64_t> last_postgres_writer(postgres_connection& connection) {
  auto number = first_number(connection, "SELECT number FROM troupe_writers");
  if (!number)
    return fail(std::move(number.error()));
  return number->value_or(0);
}

} // namespace troupe::runtime
