#include "cluster/node/call_header.hpp"

#include "messages/engine_call.pb.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace troupe::cluster {

call_header header_of(const std::string& serialised) {
  using google::protobuf::internal::WireFormatLite;
  auto header = call_header{};
  auto in = google::protobuf::io::CodedInputStream{
    reinterpret_cast<const std::uint8_t*>(serialised.data()),
    static_cast<int>(serialised.size())};
  for (auto tag = in.ReadTag(); tag != 0; tag = in.ReadTag()) {
    const auto field = WireFormatLite::GetTagFieldNumber(tag);
    if (field == messages::EngineCall::kAwaitFieldNumber)
      header.is_await = true;
    if (field == messages::EngineCall::kClusterFieldNumber
        || field == messages::EngineCall::kChangeClusterFieldNumber
        || field == messages::EngineCall::kClusterLoadFieldNumber)
      header.is_of_node = true;
    if (field == messages::EngineCall::kIdFieldNumber
        && WireFormatLite::GetTagWireType(tag)
             == WireFormatLite::WIRETYPE_VARINT) {
      if (!in.ReadVarint64(&header.id))
        return {};
    } else if (!WireFormatLite::SkipField(&in, tag)) {
      return {};
    }
  }
  return header;
}

} // namespace troupe::cluster
