#pragma once

#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_submission.hpp"
#include "messages/store.pb.h"

#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace troupe::engine {

/// The workflows an engine knows: what it was given as text, what was applied
/// under an id, and which of it the store does not have yet.
class workflow_table {
public:
  /// `stored` must outlive it; `guards` are those that steps may name.
  workflow_table(recorded_runs& stored, std::vector<std::string> guards)
    : stored_{stored}, guards_{std::move(guards)} {}

  /// Reads and checks a workflow; the same text only once. The first of its
  /// problems if there are any.
  [[nodiscard]] runtime::outcome<pinned_workflow>
  parse(const std::string& text, const std::string& file);

  /// From now on this is the newest version of its id.
  void apply(const pinned_workflow& of, const std::string& by);

  /// Whether it is applied or only stored: `not_found`.
  [[nodiscard]] runtime::outcome<pinned_workflow> newest(const std::string& id);

  /// Adds what the store lacks to the transaction that is about to be stored.
  void add_unstored(messages::CommitTransaction& to, instant now);

private:
  struct application {
    pinned_workflow of;
    std::string by;
  };

  recorded_runs& stored_;
  std::vector<std::string> guards_;
  std::map<std::string, pinned_workflow, std::less<>> parsed_; ///< By text.
  std::map<std::string, pinned_workflow, std::less<>> newest_; ///< By id.
  std::unordered_set<std::uint64_t> recorded_;
  std::vector<pinned_workflow> versions_; ///< Not stored yet.
  std::vector<application> applications_; ///< The same.
};

} // namespace troupe::engine
