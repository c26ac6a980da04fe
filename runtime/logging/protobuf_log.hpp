#pragma once

namespace troupe::runtime {

/// Lets what the protobuf library has to say go to our log, as logger
/// "protobuf", instead of raw lines to stderr. Call it once, at the start of a
/// program, before there are threads. What it calls an error is a warning: it
/// has done what it was asked to. A fatal message is an error; the library ends
/// the process after it.
void route_protobuf_log();

} // namespace troupe::runtime
