#pragma once

#include "tools/cli/invocation.hpp"

#include <array>
#include <cstdint>

namespace troupe::tools {

/// Fresh random bytes for the number of a certificate.
[[nodiscard]] std::array<std::uint8_t, 16> draw_serial();

/// `troupe cluster`: what is done with several nodes.
void add_cluster_command(command_line& line);

/// What of it asks a node: status, nodes, leader, drain, undrain, remove.
void add_cluster_questions(CLI::App& parent, command_line& line);

/// How busy the nodes are.
void add_cluster_top(CLI::App& parent, command_line& line);

} // namespace troupe::tools
