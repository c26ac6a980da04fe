#include "cluster/computing/source_reader.hpp"

#include "actors/scoring/item_chunk.hpp"
#include "runtime/actor_errors.hpp"
#include "runtime/tabular/input_file.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <filesystem>
#include <system_error>

namespace troupe::cluster {

using messages::column_block;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// Of a chunk, however large batches are.
constexpr auto text_bytes_max = std::uint64_t{64} << 20;

source_reader_actor::behavior_type source_reader(source_reader_actor::pointer) {
  return {[](const read_source& what) -> caf::result<column_block> {
    auto text = read_text(what);
    if (!text)
      return runtime::to_error(text.error());
    return std::move(*text);
  }};
}

} // namespace

outcome<column_block> read_text(const read_source& what) {
  if (what.bytes > text_bytes_max)
    return fail(problem_kind::invalid_input, "nobody reads so much at once");
  // A pipe of this name would keep everybody waiting.
  auto error = std::error_code{};
  if (!std::filesystem::is_regular_file(what.path, error))
    return fail(problem_kind::not_found, "there is no such file here");
  const auto file = runtime::input_file::open(what.path);
  if (!file)
    return fail(file.error());
  const auto ranges = file->ranges();
  if (!ranges)
    return fail(problem_kind::not_found, "the file cannot be read in pieces");
  auto chunk = messages::ItemChunk{};
  chunk.set_first_byte(what.first_byte);
  chunk.set_text_bytes(what.bytes);
  auto text = scoring::read_again(*ranges, chunk);
  if (text && scoring::digest_of_text(*text, what.bytes) != what.digest)
    return fail(problem_kind::conflict, "the file is another one here");
  return text;
}

source_reader_actor spawn_source_reader(caf::actor_system& system) {
  return system.spawn<caf::detached>(source_reader);
}

} // namespace troupe::cluster
