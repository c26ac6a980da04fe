#include "runtime/store/sealed_bytes.hpp"

#include <xxhash.h>

namespace troupe::runtime {

namespace {

constexpr auto seal_bytes = sizeof(XXH64_canonical_t);

XXH64_canonical_t checksum(std::string_view bytes) {
  auto result = XXH64_canonical_t{};
  XXH64_canonicalFromHash(&result, XXH3_64bits(bytes.data(), bytes.size()));
  return result;
}

std::string_view view_of(const XXH64_canonical_t& seal) {
  return {reinterpret_cast<const char*>(seal.digest), seal_bytes};
}

} // namespace

std::string seal(std::string bytes) {
  const auto sum = checksum(bytes);
  bytes.append(view_of(sum));
  return bytes;
}

std::optional<std::string_view> unseal(std::span<const std::uint8_t> sealed) {
  if (sealed.size() < seal_bytes)
    return std::nullopt;
  const auto all = std::string_view{
    reinterpret_cast<const char*>(sealed.data()), sealed.size()};
  const auto bytes = all.substr(0, all.size() - seal_bytes);
  const auto sum = checksum(bytes);
  if (all.substr(bytes.size()) != view_of(sum))
    return std::nullopt;
  return bytes;
}

} // namespace troupe::runtime
