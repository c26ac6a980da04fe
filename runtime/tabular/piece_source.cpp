#include "runtime/tabular/piece_source.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace troupe::runtime {

namespace {

struct piece_reader {
  piece_maker make;
  std::string piece;
  std::size_t at = 0;
  bool has_ended = false;

  outcome<std::size_t> read(std::span<char> target) {
    while (at == piece.size() && !has_ended) {
      piece.clear();
      at = 0;
      const auto more = make(piece);
      if (!more)
        return fail(more.error());
      has_ended = !*more;
    }
    const auto size = std::min(target.size(), piece.size() - at);
    std::memcpy(target.data(), piece.data() + at, size);
    at += size;
    return size;
  }
};

} // namespace

byte_source make_byte_source(piece_maker make) {
  return [reader = piece_reader{std::move(make), {}}](
           std::span<char> target) mutable { return reader.read(target); };
}

} // namespace troupe::runtime
