#pragma once

#include "messages/protobuf_messages.hpp"
#include "runtime/problem.hpp"
#include "runtime/tabular/output_file.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <map>
#include <string>

namespace troupe::runtime {

/// Writes the files of a result, on a thread of its own. Nothing is visible
/// under a file's name before PublishOutputs.
using output_writer_actor = caf::typed_actor<
  // Appends one column of bytes to a file.
  caf::replies_to<messages::WriteOutput,
                  messages::column_block>::with<messages::OutputWritten>,
  // Gives all files their names.
  caf::replies_to<messages::PublishOutputs>::with<messages::OutputsPublished>>;

/// Files by the name that WriteOutput has for them.
using output_files = std::map<std::string, output_file>;

output_writer_actor spawn_output_writer(caf::actor_system& system,
                                        output_files files);

} // namespace troupe::runtime
