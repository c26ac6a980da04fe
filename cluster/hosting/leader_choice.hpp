#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace troupe::cluster {

/// Whom a node follows: whoever said that it leads under the highest epoch.
class leader_choice {
public:
  enum class verdict : std::uint8_t {
    followed, ///< It is the leader now.
    known,
    outdated, ///< Another one leads under a higher epoch.
    contradicted, ///< Another one said the same epoch: somebody errs.
  };

  /// A node says that it leads.
  [[nodiscard]] verdict hear(const std::string& node, std::uint64_t epoch);

  /// Whether to tell of what was refused: once of each node, and again only
  /// when it names a higher epoch.
  [[nodiscard]] bool note_refusal(const std::string& node, std::uint64_t epoch);

  [[nodiscard]] bool is_known() const noexcept {
    return epoch_ != 0;
  }

  [[nodiscard]] const std::string& node() const noexcept {
    return node_;
  }

  [[nodiscard]] std::uint64_t epoch() const noexcept {
    return epoch_;
  }

private:
  std::string node_;
  std::uint64_t epoch_ = 0; ///< 0: nobody leads.
  std::map<std::string, std::uint64_t> refused_;
};

} // namespace troupe::cluster
