#include "runtime/store/content_digest.hpp"

#include <openssl/sha.h>

namespace troupe::runtime {

static_assert(content_digest{}.size() == SHA256_DIGEST_LENGTH);

content_digest digest_of(std::string_view bytes) {
  auto digest = content_digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         digest.data());
  return digest;
}

std::string to_hex(std::span<const std::uint8_t> digest) {
  constexpr auto digits = std::string_view{"0123456789abcdef"};
  auto text = std::string{};
  for (const auto byte : digest) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

} // namespace troupe::runtime
