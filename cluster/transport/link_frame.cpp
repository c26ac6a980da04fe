#include "cluster/transport/link_frame.hpp"

namespace troupe::cluster {

namespace {

constexpr auto hello_bytes_max = std::size_t{1024};
constexpr auto reason_bytes_max = std::size_t{512};
constexpr auto first_flag = std::uint8_t{1};
constexpr auto last_flag = std::uint8_t{2};

std::size_t payload_bytes_max(frame_kind kind) {
  switch (kind) {
    case frame_kind::hello:
      return hello_bytes_max;
    case frame_kind::refuse:
    case frame_kind::goodbye:
      return reason_bytes_max;
    case frame_kind::chunk:
      return chunk_bytes_max;
    case frame_kind::credit:
      return sizeof(std::uint64_t);
    case frame_kind::accept:
    case frame_kind::ping:
    case frame_kind::pong:
      break;
  }
  return 0;
}

bool is_allowed(frame_kind kind, link_phase phase) {
  switch (kind) {
    case frame_kind::hello:
    case frame_kind::accept:
    case frame_kind::refuse:
      return phase == link_phase::greeting;
    case frame_kind::chunk:
    case frame_kind::credit:
    case frame_kind::ping:
    case frame_kind::pong:
      return phase == link_phase::up;
    case frame_kind::goodbye:
      return true;
  }
  return false;
}

tl::unexpected<runtime::problem> wrong_frame(std::string message) {
  return runtime::fail(runtime::problem_kind::invalid_input,
                       std::move(message));
}

} // namespace

void append_number(std::string& to, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i)
    to += static_cast<char>((number >> (8 * i)) & 0xffU);
}

std::uint64_t read_number(const char* from, std::size_t bytes) {
  auto number = std::uint64_t{0};
  for (std::size_t i = 0; i < bytes; ++i)
    number |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  return number;
}

void append_header(std::string& to, const frame_header& header) {
  append_number(to, header.length, sizeof(header.length));
  to += static_cast<char>(header.kind);
  to += static_cast<char>(header.lane);
  to += static_cast<char>((header.is_first ? first_flag : 0U)
                          | (header.is_last ? last_flag : 0U));
  to += '\0';
}

void append_control(std::string& to, frame_kind kind,
                    std::string_view payload) {
  payload = payload.substr(0, payload_bytes_max(kind));
  auto header = frame_header{};
  header.length = static_cast<std::uint32_t>(payload.size());
  header.kind = kind;
  append_header(to, header);
  to += payload;
}

runtime::outcome<frame_header> read_header(const char* bytes,
                                           link_phase phase) {
  auto header = frame_header{};
  header.length
    = static_cast<std::uint32_t>(read_number(bytes, sizeof(header.length)));
  header.kind = static_cast<frame_kind>(bytes[4]);
  const auto lane = static_cast<std::uint8_t>(bytes[5]);
  const auto flags = static_cast<std::uint8_t>(bytes[6]);
  if (!is_allowed(header.kind, phase) || lane > 1 || flags > 3 || bytes[7] != 0)
    return wrong_frame("sent what is no frame of a link");
  if (header.length > payload_bytes_max(header.kind))
    return wrong_frame("announced a frame of " + std::to_string(header.length)
                       + " bytes, of which "
                       + std::to_string(payload_bytes_max(header.kind))
                       + " are allowed");
  header.lane = static_cast<link_lane>(lane);
  header.is_first = (flags & first_flag) != 0;
  header.is_last = (flags & last_flag) != 0;
  return header;
}

} // namespace troupe::cluster
