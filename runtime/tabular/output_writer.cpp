#include "runtime/tabular/output_writer.hpp"

#include "runtime/actor_errors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace troupe::runtime {

namespace {

struct output_writer_state {
  static constexpr auto name = "output_writer"; // Shown in logs.

  output_files files;
};

using output_writer_pointer
  = output_writer_actor::stateful_pointer<output_writer_state>;

caf::result<messages::OutputWritten>
write_output(output_writer_pointer self, const messages::WriteOutput& request,
             const messages::column_block& block) {
  const auto found = self->state.files.find(request.file());
  if (found == self->state.files.end() || block.size() != 1)
    return to_error(fail(problem_kind::not_found,
                         "no output file is called " + request.file())
                      .value());
  const auto bytes = block[0].bytes();
  const auto written = found->second.write(
    {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!written)
    return to_error(written.error());
  return messages::OutputWritten{};
}

caf::result<messages::OutputsPublished>
publish_outputs(output_writer_pointer self) {
  auto published = messages::OutputsPublished{};
  for (auto& [name, file] : self->state.files) {
    published.set_bytes(published.bytes() + file.bytes_written());
    if (const auto committed = file.commit(); !committed)
      return to_error(committed.error());
  }
  return published;
}

output_writer_actor::behavior_type
output_writer(output_writer_pointer self,
              const std::shared_ptr<output_files>& files) {
  self->state.files = std::move(*files);
  return {
    [=](const messages::WriteOutput& request,
        const messages::column_block& block) {
      return write_output(self, request, block);
    },
    [=](const messages::PublishOutputs&) { return publish_outputs(self); },
  };
}

} // namespace

output_writer_actor spawn_output_writer(caf::actor_system& system,
                                        output_files files) {
  // Writing blocks, hence the thread.
  return system.spawn<caf::detached>(
    output_writer, std::make_shared<output_files>(std::move(files)));
}

} // namespace troupe::runtime
