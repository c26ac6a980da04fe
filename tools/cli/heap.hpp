#pragma once

namespace troupe::tools {

/// Sets the allocator up for columns of many megabytes: memory is kept rather
/// than given back, and comes in huge pages where the system grants them. For
/// commands that score much and then end; call it before they allocate.
void prepare_heap_for_columns();

/// Has the allocator give back at once what is freed: for a command that is to
/// take little memory, if more time. Call it before it allocates.
void prepare_heap_for_limit();

} // namespace troupe::tools
