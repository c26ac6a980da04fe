#include "tools/cli/heap.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace troupe::tools {

namespace {

/// Address space only: pages come when they are written to.
constexpr std::size_t huge_bytes = std::size_t{1} << 30;
constexpr std::uintptr_t page = std::uintptr_t{2} << 20;

} // namespace

void prepare_heap() {
  // Columns come and go: giving their pages back each time costs as much as
  // filling them. One arena, so that what one thread frees another can use.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_ARENA_MAX, 1);
  // Faults on small pages took a third of the time of a large scoring.
  auto* heap = std::malloc(huge_bytes - page);
  if (heap == nullptr)
    return;
  const auto first
    = (reinterpret_cast<std::uintptr_t>(heap) + page - 1) / page * page;
  const auto size = huge_bytes - 2 * page;
  static_cast<void>(
    madvise(reinterpret_cast<void*>(first), size, MADV_HUGEPAGE));
  std::free(heap);
}

} // namespace troupe::tools
