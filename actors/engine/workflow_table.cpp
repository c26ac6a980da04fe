#include "actors/engine/workflow_table.hpp"

#include "actors/engine/run_records.hpp"
#include "actors/engine/workflow_file.hpp"

#include <utility>

namespace troupe::engine {

using runtime::outcome;

namespace {

/// Entries kept at most; beyond that all are read anew.
constexpr auto kept_max = std::size_t{1'000};

workflow_surroundings surroundings(const std::vector<std::string>& guards) {
  auto result = workflow_surroundings{};
  result.zone_exists = may_be_zone;
  result.guards = guards;
  return result;
}

} // namespace

outcome<pinned_workflow> workflow_table::parse(const std::string& text,
                                               const std::string& file) {
  if (const auto known = parsed_.find(text); known != parsed_.end())
    return known->second;
  auto flow = parse_workflow(text, file, surroundings(guards_));
  if (!flow)
    return runtime::fail(flow.error().front());
  auto of = make_version(std::move(*flow));
  if (recorded_.insert(of.digest).second)
    versions_.push_back(of);
  if (parsed_.size() >= kept_max)
    parsed_.clear();
  parsed_[text] = of;
  return of;
}

void workflow_table::apply(const pinned_workflow& of, const std::string& by) {
  newest_[of.definition->id] = of;
  applications_.push_back({of, by});
}

outcome<pinned_workflow> workflow_table::newest(const std::string& id) {
  if (const auto known = newest_.find(id); known != newest_.end())
    return known->second;
  auto of = stored_.newest(id);
  if (!of)
    return of;
  if (newest_.size() >= kept_max && applications_.empty())
    newest_.clear();
  newest_[id] = *of;
  return of;
}

void workflow_table::add_unstored(messages::CommitTransaction& to,
                                  instant now) {
  for (const auto& of : std::exchange(versions_, {}))
    add_version(to, of, now);
  for (const auto& each : std::exchange(applications_, {}))
    add_application(to, each.of, each.by, now);
}

} // namespace troupe::engine
