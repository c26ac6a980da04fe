#include "runtime/store/sealed_bytes.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <span>
#include <string>

using namespace troupe::runtime;

namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

} // namespace

TEST_CASE("sealed bytes come back, and no bit of them may change") {
  for (const auto& text : {std::string{}, std::string{"a"},
                           std::string(1'000, 'x'), std::string(3, '\0')}) {
    auto sealed = seal(text);
    REQUIRE(unseal(bytes_of(sealed)) == text);
    for (auto& byte : sealed) {
      byte = static_cast<char>(byte ^ 4);
      CHECK_FALSE(unseal(bytes_of(sealed)));
      byte = static_cast<char>(byte ^ 4);
    }
    CHECK_FALSE(unseal(bytes_of(sealed.substr(1))));
    CHECK_FALSE(unseal(bytes_of(sealed.substr(0, sealed.size() - 1))));
  }
  CHECK_FALSE(unseal({}));
}
