#include "actors/scoring/chunk_source.hpp"

#include "actors/scoring/item_chunk.hpp"
#include "runtime/actor_errors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace troupe::scoring {

namespace {

struct chunk_source_state {
  static constexpr auto name = "chunk_source"; // Shown in logs.

  std::optional<runtime::record_splitter> splitter;
  std::optional<std::uint64_t> size_bytes;
  std::optional<runtime::byte_ranges> ranges;
  std::uint64_t bytes_read = 0;
  bool has_ended = false;
};

using chunk_source_pointer
  = chunk_source_actor::stateful_pointer<chunk_source_state>;

double progress(const chunk_source_state& state) {
  if (state.has_ended)
    return 1.0;
  if (!state.size_bytes || *state.size_bytes == 0)
    return 0.0;
  return static_cast<double>(state.bytes_read)
         / static_cast<double>(*state.size_bytes);
}

using chunk_result = caf::result<messages::ItemChunk, messages::column_block>;

chunk_result next_chunk(chunk_source_pointer self) {
  auto& state = self->state;
  auto chunk = runtime::record_chunk{};
  if (!state.has_ended) {
    const auto read = state.splitter->next(chunk);
    if (!read) {
      state.has_ended = true;
      return runtime::to_error(read.error());
    }
    state.has_ended = !*read;
  }
  state.bytes_read += chunk.size;
  auto head = head_of(chunk, state.ranges.has_value());
  head.set_is_last(state.has_ended);
  head.set_progress(progress(state));
  auto text = messages::column{std::move(chunk.bytes)};
  return {std::move(head),
          messages::column_block{std::vector<messages::column>{text}}};
}

chunk_result chunk_again(chunk_source_pointer self,
                         const messages::ItemChunk& chunk) {
  const auto& state = self->state;
  if (!state.ranges)
    return caf::make_error(runtime::problem_kind::conflict,
                           "this source gives no chunk twice");
  auto text = read_again(*state.ranges, chunk);
  if (!text)
    return runtime::to_error(text.error());
  return {chunk, std::move(*text)};
}

chunk_source_actor::behavior_type
chunk_source(chunk_source_pointer self,
             const std::shared_ptr<runtime::record_splitter>& splitter,
             std::optional<std::uint64_t> size_bytes,
             std::optional<runtime::byte_ranges> ranges) {
  self->state.splitter.emplace(std::move(*splitter));
  self->state.size_bytes = size_bytes;
  self->state.ranges = std::move(ranges);
  return {
    [=](const messages::GetItemChunk& request) {
      return request.has_again() ? chunk_again(self, request.again())
                                 : next_chunk(self);
    },
  };
}

} // namespace

chunk_source_actor
spawn_chunk_source(caf::actor_system& system, runtime::record_splitter splitter,
                   std::optional<std::uint64_t> size_bytes,
                   std::optional<runtime::byte_ranges> ranges) {
  // Reading blocks, hence the thread.
  return system.spawn<caf::detached>(
    chunk_source,
    std::make_shared<runtime::record_splitter>(std::move(splitter)), size_bytes,
    std::move(ranges));
}

} // namespace troupe::scoring
