#include "tools/cli/line_writing.hpp"

#include "runtime/tabular/output_file.hpp"

#include <cstddef>
#include <utility>

namespace troupe::tools {

namespace {

/// Large enough that writing costs nothing, small enough for the cache.
constexpr auto piece_bytes_wanted = std::size_t{1} << 18;

} // namespace

runtime::outcome<void> write_lines(const std::string& path, std::string header,
                                   std::uint64_t lines,
                                   const line_writer& append,
                                   std::stop_token stop) {
  auto file = runtime::output_file::create(path);
  if (!file)
    return runtime::fail(std::move(file.error()));
  auto piece = std::move(header);
  for (auto i = std::uint64_t{0}; i < lines; ++i) {
    append(i, piece);
    if (piece.size() < piece_bytes_wanted)
      continue;
    if (stop.stop_requested())
      return runtime::fail(runtime::problem_kind::interrupted, "interrupted");
    if (auto written = file->write(piece); !written)
      return written;
    piece.clear();
  }
  if (auto written = file->write(piece); !written)
    return written;
  return file->commit();
}

} // namespace troupe::tools
