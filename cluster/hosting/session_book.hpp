#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace troupe::cluster {

/// The newest session of each node. It outlives the sessions: one that is over
/// must not begin once more, as its node may have heard orders of it.
class session_book {
public:
  enum class verdict : std::uint8_t {
    begun, ///< Whatever that node had before is over.
    repeated,
    outdated, ///< There was a later one.
  };

  /// A node wants to begin.
  [[nodiscard]] verdict open(const std::string& node, std::uint64_t incarnation,
                             std::uint64_t session);

  [[nodiscard]] bool is_newest(const std::string& node,
                               std::uint64_t incarnation,
                               std::uint64_t session) const;

  /// Whether the sessions of that node are those of an earlier start of it.
  [[nodiscard]] bool is_older(const std::string& node,
                              std::uint64_t incarnation) const;

private:
  /// Incarnation and session: the greater one is later.
  using entry = std::pair<std::uint64_t, std::uint64_t>;

  std::map<std::string, entry> newest_;
};

} // namespace troupe::cluster
