#include "runtime/frames/frame_codec.hpp"

#include <cstdint>

namespace troupe::runtime {

namespace {

constexpr auto header_bytes = std::size_t{4};

} // namespace

void append_frame(std::string& to, std::string_view payload) {
  const auto size = static_cast<std::uint32_t>(payload.size());
  for (const auto shift : {24U, 16U, 8U, 0U})
    to.push_back(static_cast<char>(size >> shift & 0xFFU));
  to.append(payload);
}

void frame_reader::feed(std::string_view bytes) {
  bytes_.erase(0, begin_);
  begin_ = 0;
  bytes_.append(bytes);
}

outcome<std::optional<std::string_view>> frame_reader::next() {
  const auto rest = std::string_view{bytes_}.substr(begin_);
  if (rest.size() < header_bytes)
    return std::nullopt;
  auto size = std::size_t{0};
  for (const auto byte : rest.substr(0, header_bytes))
    size = size << 8U | static_cast<unsigned char>(byte);
  if (size > frame_bytes_max)
    return fail(problem_kind::invalid_input,
                "a message of " + std::to_string(size) + " bytes is announced",
                "send at most " + std::to_string(frame_bytes_max));
  if (rest.size() - header_bytes < size)
    return std::nullopt;
  begin_ += header_bytes + size;
  return rest.substr(header_bytes, size);
}

} // namespace troupe::runtime
