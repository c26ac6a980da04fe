#pragma once

namespace troupe::cluster {

// What PostgreSQL does with a lease: each a single statement, to be run by
// itself under READ COMMITTED (the default), and durably (synchronous_commit):
// a renewal that a crash of the server could undo would be no renewal. $1 is
// the name of the lease throughout. lease_row.hpp says the same as functions.
//
// All times are taken with clock_timestamp(): now() is when the transaction
// began, which may be long before a lock was granted.

/// The table. The second key makes the epoch one of the columns that a row lock
/// FOR KEY SHARE protects: whoever writes under an epoch (`fence_lease_sql`)
/// makes the next acquisition wait for the commit, but never a renewal.
inline constexpr auto create_leases_sql = R"sql(
CREATE TABLE IF NOT EXISTS leases (
  name text PRIMARY KEY,
  holder text NOT NULL,
  epoch bigint NOT NULL CHECK (epoch >= 0),
  expires_at timestamptz NOT NULL,
  UNIQUE (name, epoch)
) WITH (fillfactor = 50)
)sql";

/// The row of a lease, free; to be run by everybody who starts. Not left to the
/// first acquisition: of two that insert at the same moment ON CONFLICT (name)
/// spares one the error of the first key, and not that of the second.
inline constexpr auto create_lease_sql = R"sql(
INSERT INTO leases (name, holder, epoch, expires_at)
VALUES ($1, '', 0, 'epoch')
ON CONFLICT DO NOTHING
)sql";

/// Asks for the lease. $2: holder; $3: length in microseconds. One row:
/// is_granted, holder, epoch, left_us; none, if there is no such lease.
///
/// Of several who ask at once, one locks the row; the others wait, look again
/// at what the row has become, and are refused. Who waited for a write
/// (`fence_lease_sql`) has a lease that began when it asked, and is told what
/// is left. Who is refused is told of the row as it was when the statement
/// began; hence left_us may be 0 although it is taken.
inline constexpr auto acquire_lease_sql = R"sql(
WITH taken AS (
  UPDATE leases
  SET holder = $2,
      epoch = epoch + 1,
      expires_at = clock_timestamp() + $3::bigint * interval '1 microsecond'
  WHERE name = $1 AND expires_at <= clock_timestamp()
  RETURNING holder, epoch, expires_at
), answer AS (
  SELECT true AS is_granted, holder, epoch, expires_at FROM taken
  UNION ALL
  SELECT false, holder, epoch, expires_at FROM leases
  WHERE name = $1 AND NOT EXISTS (SELECT FROM taken)
)
SELECT is_granted, holder, epoch,
       greatest(0, extract(epoch FROM expires_at - clock_timestamp())
                   * 1000000)::bigint AS left_us
FROM answer
)sql";

/// Asks for more time. $2: holder; $3: epoch; $4: length in microseconds. One
/// row as above.
inline constexpr auto renew_lease_sql = R"sql(
WITH renewed AS (
  UPDATE leases
  SET expires_at = clock_timestamp() + $4::bigint * interval '1 microsecond'
  WHERE name = $1 AND holder = $2 AND epoch = $3::bigint
        AND expires_at > clock_timestamp()
  RETURNING holder, epoch, expires_at
), answer AS (
  SELECT true AS is_granted, holder, epoch, expires_at FROM renewed
  UNION ALL
  SELECT false, holder, epoch, expires_at FROM leases
  WHERE name = $1 AND NOT EXISTS (SELECT FROM renewed)
)
SELECT is_granted, holder, epoch,
       greatest(0, extract(epoch FROM expires_at - clock_timestamp())
                   * 1000000)::bigint AS left_us
FROM answer
)sql";

/// Gives it back. $2: holder; $3: epoch. A row if it was held; the row of the
/// table stays, with its epoch.
inline constexpr auto release_lease_sql = R"sql(
UPDATE leases
SET expires_at = clock_timestamp()
WHERE name = $1 AND holder = $2 AND epoch = $3::bigint
      AND expires_at > clock_timestamp()
RETURNING true AS is_granted, holder, epoch, 0::bigint AS left_us
)sql";

/// How things are: a plain read, which locks and writes nothing, so that
/// standbys may look often. One row as above, never granted.
inline constexpr auto watch_lease_sql = R"sql(
SELECT false AS is_granted, holder, epoch,
       greatest(0, extract(epoch FROM expires_at - clock_timestamp())
                   * 1000000)::bigint AS left_us
FROM leases
WHERE name = $1
)sql";

/// What a leader asks first in each transaction that it writes: one row, unless
/// its epoch ($2) is over. From here to the end of the transaction nobody else
/// can be given the lease.
inline constexpr auto fence_lease_sql
  = "SELECT 1 FROM leases WHERE name = $1 AND epoch = $2 AND epoch > 0 "
    "FOR KEY SHARE";

/// For whoever could not acquire a lease that has ended, because a writer holds
/// its row (`fence_lease_sql`): ends the sessions of those who have done so for
/// 100 ms. They may be frozen and never go on. Needs the right to end them: the
/// same user has it.
inline constexpr auto end_writers_sql = R"sql(
SELECT count(pg_terminate_backend(held.pid))
FROM pg_locks AS held
JOIN pg_stat_activity AS session ON session.pid = held.pid
WHERE held.relation = 'leases'::regclass AND held.mode = 'RowShareLock'
      AND held.database = (SELECT oid FROM pg_database
                           WHERE datname = current_database())
      AND held.granted AND held.pid <> pg_backend_pid()
      AND session.xact_start < clock_timestamp() - interval '100 ms'
      AND EXISTS (SELECT FROM leases
                  WHERE name = $1 AND expires_at <= clock_timestamp())
)sql";

} // namespace troupe::cluster
