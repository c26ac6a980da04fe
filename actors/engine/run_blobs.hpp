#pragma once

#include "actors/engine/run_ledger.hpp"
#include "messages/engine.pb.h"
#include "messages/run_snapshot.pb.h"
#include "messages/store.pb.h"
#include "runtime/problem.hpp"
#include "runtime/store/migrations.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::engine {

/// Longer inputs, outputs and payloads of signals are stored apart, each once,
/// by what they are: in the history stands their SHA-256.
inline constexpr auto blob_bytes_min = std::size_t{64} << 10U;

/// Its tables, beside the engine's: the contents, and which runs have them.
[[nodiscard]] const runtime::migration_list& blob_schema();

/// Takes long payloads out of what is about to be stored. What it returns and
/// refers to lives as long as it does.
class blob_writer {
public:
  /// A serialised RunEvents as the history has it: that of the change itself
  /// where nothing is long.
  const std::string& take_out(const run_change& change);

  void take_out(run_number run, messages::RunSnapshot& from);

  /// Adds what was taken out.
  void append_to(messages::CommitTransaction& to) const;

private:
  void take_out(run_number run, std::string& payload, std::string& digest);
  void take_out(run_number run, messages::RunEvent& from);

  std::map<std::string, std::string> contents_; ///< By digest.
  std::set<std::pair<std::string, run_number>> uses_;
  std::map<std::pair<run_number, std::uint64_t>, std::string> histories_;
};

/// The contents of a digest, compared with it.
using blob_source
  = std::function<runtime::outcome<std::string>(const std::string& digest)>;

/// Puts back what was taken out of an event. Whoever has no blobs pays for one
/// look.
[[nodiscard]] runtime::outcome<void> put_back(messages::RunEvent& event,
                                              const blob_source& from);

[[nodiscard]] runtime::outcome<void> put_back(messages::RunSnapshot& snapshot,
                                              const blob_source& from);

/// `failed`, with the digest, if these are not the contents of it.
[[nodiscard]] runtime::outcome<void> check_blob(std::string_view contents,
                                                const std::string& digest);

} // namespace troupe::engine
