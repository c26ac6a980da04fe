#include "actors/engine/key_holders.hpp"

#include "runtime/store/snapshot_reader.hpp"

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;

outcome<std::vector<std::string>> find_key_holders(const std::string& path,
                                                   const run_state& of) {
  auto found = std::vector<std::string>{};
  const auto& wanted = of.submission();
  if (wanted.concurrency_key().empty())
    return found;
  auto reader = runtime::snapshot_reader::open(path);
  if (!reader)
    return fail(reader.error());
  const auto parameters
    = std::vector<runtime::sql_value>{wanted.workflow_id(), wanted.run_id()};
  // A key belongs to one workflow, and is in the first event of its runs.
  auto read = reader->query(
    "SELECT r.run_id, h.events FROM engine_runs r JOIN engine_history h"
    " ON h.run = r.number AND h.sequence = (SELECT min(sequence) FROM"
    " engine_history WHERE run = r.number) WHERE r.is_over = 0"
    " AND r.status NOT IN ('pending', 'queued') AND r.workflow_id = ?1"
    " AND r.run_id <> ?2 ORDER BY r.number",
    parameters, [&](const runtime::sqlite_row& row) {
      auto events = messages::RunEvents{};
      const auto bytes = row.blob(1);
      if (events.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))
          && events.events_size() != 0
          && events.events(0).submitted().concurrency_key()
               == wanted.concurrency_key())
        found.emplace_back(row.text(0));
    });
  if (!read)
    return fail(read.error());
  return found;
}

} // namespace troupe::engine
