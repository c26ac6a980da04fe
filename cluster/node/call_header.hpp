#pragma once

#include <cstdint>
#include <string>

namespace troupe::cluster {

/// What has to be known of a serialised EngineCall or EngineAnswer to bring it
/// where it belongs.
struct call_header {
  std::uint64_t id = 0;
  bool is_await = false; ///< Asks for the end of a run, which may take days.
  bool is_of_node = false; ///< Asks the node itself, whoever leads.

  friend bool operator==(const call_header&, const call_header&) = default;
};

/// Reads no more than the numbers of its fields: what carries a thousand
/// submissions is not unpacked on the way. Of what cannot be read, the zeros.
[[nodiscard]] call_header header_of(const std::string& serialised);

} // namespace troupe::cluster
