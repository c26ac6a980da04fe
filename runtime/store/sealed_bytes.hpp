#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// The bytes with a checksum behind them (XXH3), for what is stored and can be
/// done without: whoever reads it should notice when it is damaged.
[[nodiscard]] std::string seal(std::string bytes);

/// The bytes before `seal`; nothing if they are not what they were. A view of
/// `sealed`.
[[nodiscard]] std::optional<std::string_view>
unseal(std::span<const std::uint8_t> sealed);

} // namespace troupe::runtime
