#include "actors/scoring/result_writer.hpp"

#include "runtime/actor_errors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace troupe::scoring {

namespace {

struct result_writer_state {
  static constexpr auto name = "result_writer"; // Shown in logs.

  output_files files;
};

using result_writer_pointer
  = result_writer_actor::stateful_pointer<result_writer_state>;

caf::result<messages::OutputWritten>
write_output(result_writer_pointer self, const messages::WriteOutput& request,
             const messages::column_block& block) {
  const auto found = self->state.files.find(request.file());
  if (found == self->state.files.end() || block.size() != 1)
    return runtime::to_error(
      runtime::fail(runtime::problem_kind::not_found,
                    "no output file is called " + request.file())
        .value());
  const auto bytes = block[0].bytes();
  const auto written = found->second.write(
    {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!written)
    return runtime::to_error(written.error());
  return messages::OutputWritten{};
}

caf::result<messages::OutputsPublished>
publish_outputs(result_writer_pointer self) {
  auto published = messages::OutputsPublished{};
  for (auto& [name, file] : self->state.files) {
    published.set_bytes(published.bytes() + file.bytes_written());
    if (const auto committed = file.commit(); !committed)
      return runtime::to_error(committed.error());
  }
  return published;
}

result_writer_actor::behavior_type
result_writer(result_writer_pointer self,
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

result_writer_actor spawn_result_writer(caf::actor_system& system,
                                        output_files files) {
  // Writing blocks, hence the thread.
  return system.spawn<caf::detached>(
    result_writer, std::make_shared<output_files>(std::move(files)));
}

} // namespace troupe::scoring
