#include "tools/cli/heap.hpp"

#ifdef TROUPE_MIMALLOC
#include <mimalloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#endif

namespace troupe::tools {

#ifdef TROUPE_MIMALLOC

namespace {

/// Address space only: pages come when they are written to.
constexpr std::size_t arena_bytes = std::size_t{1} << 30;
/// What the allocator aligns its segments to.
constexpr std::uintptr_t segment = std::uintptr_t{32} << 20;

} // namespace

void prepare_heap_for_columns() {
  // Columns come and go: giving their pages back each time costs as much as
  // filling them.
  mi_option_disable(mi_option_allow_decommit);
  auto* space = mmap(nullptr, arena_bytes + segment, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (space == MAP_FAILED)
    return;
  auto* const first = reinterpret_cast<void*>(
    (reinterpret_cast<std::uintptr_t>(space) + segment - 1) / segment
    * segment);
  // Faults on small pages took a third of the time of a large scoring.
  static_cast<void>(madvise(first, arena_bytes, MADV_HUGEPAGE));
  static_cast<void>(
    mi_manage_os_memory(first, arena_bytes, true, false, true, -1));
}

void prepare_heap_for_limit() {
  // Otherwise what was freed counts as used for a while: a quarter of the
  // whole.
  mi_option_set(mi_option_decommit_delay, 0);
  mi_option_enable(mi_option_abandoned_page_decommit);
}

#else

// Sanitizers bring an allocator of their own.
void prepare_heap_for_columns() {}
void prepare_heap_for_limit() {}

#endif

} // namespace troupe::tools
