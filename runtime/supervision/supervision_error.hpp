#pragma once

#include <caf/error.hpp>

#include <cstdint>
#include <string>

namespace troupe::runtime {

/// Why a supervisor ended on its own. Its supervisor acts on it.
enum class supervision_error : std::uint8_t {
  /// Children crashed more often than the supervisor may restart them.
  intensity_exceeded = 1,
};

[[nodiscard]] inline std::string to_string(supervision_error error) {
  switch (error) {
    case supervision_error::intensity_exceeded:
      return "restart intensity exceeded";
  }
  return "unknown"; // A newer node may send codes that we do not know.
}

} // namespace troupe::runtime

CAF_ERROR_CODE_ENUM(troupe::runtime::supervision_error, "supervise")
