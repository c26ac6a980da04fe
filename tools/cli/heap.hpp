#pragma once

namespace troupe::tools {

/// Sets the allocator up for columns of many megabytes: memory is kept rather
/// than given back, and comes in huge pages where the system grants them. Call
/// first thing in main.
void prepare_heap();

} // namespace troupe::tools
