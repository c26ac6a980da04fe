#include "tests/cluster/processes/lease_audit.hpp"

#include "runtime/store/snapshot_reader.hpp"

#include <array>
#include <utility>

namespace troupe::tests {

namespace {

constexpr auto audit_sql = R"sql(
CREATE SCHEMA audit;
CREATE TABLE audit.holders (epoch bigint, holder text, UNIQUE (epoch, holder));
CREATE FUNCTION audit.note_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.holder <> '' THEN
    INSERT INTO audit.holders VALUES (NEW.epoch, NEW.holder)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER note_holder AFTER INSERT OR UPDATE ON leases
FOR EACH ROW EXECUTE FUNCTION audit.note_holder();
CREATE TABLE audit.writes (
  number bigserial PRIMARY KEY, epoch bigint, writer text);
CREATE FUNCTION audit.note_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit.writes (epoch, writer)
  SELECT DISTINCT epoch, host(inet_client_addr()) FROM written;
  RETURN NULL;
END $$;
CREATE TRIGGER note_write AFTER INSERT ON engine_history
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION audit.note_write();
)sql";

/// Of each query: what is wrong with the first column of its rows.
constexpr auto audits = std::array{
  std::pair{"SELECT 0 WHERE NOT EXISTS (SELECT FROM audit.writes)",
            "nobody wrote since epoch "},
  std::pair{"SELECT epoch FROM audit.holders GROUP BY epoch"
            " HAVING count(DISTINCT holder) > 1",
            "more than one held the lease in epoch "},
  std::pair{"SELECT epoch FROM audit.writes GROUP BY epoch"
            " HAVING count(DISTINCT writer) > 1",
            "more than one wrote in epoch "},
  std::pair{"SELECT epoch FROM (SELECT epoch, max(epoch) OVER (ORDER BY number)"
            " AS newest FROM audit.writes) AS w WHERE epoch < newest",
            "a later one had written before a write of epoch "}};

} // namespace

void begin_audit(const process_cluster& cluster) {
  cluster.database().execute(audit_sql);
}

std::string audit(const process_cluster& cluster) {
  auto stored = runtime::snapshot_reader::open(cluster.store());
  if (!stored)
    return runtime::render(stored.error());
  auto text = std::string{};
  for (const auto& [sql, meaning] : audits) {
    const auto read = stored->query(
      sql, {}, [&, what = meaning](const runtime::sql_row& row) {
        text += what + std::to_string(row.integer(0)) + "\n";
      });
    if (!read)
      text += runtime::render(read.error());
  }
  return text;
}

} // namespace troupe::tests
