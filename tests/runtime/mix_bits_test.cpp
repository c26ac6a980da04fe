#include "runtime/mix_bits.hpp"

#include <catch2/catch.hpp>

namespace troupe::runtime {

TEST_CASE("mixed bits are those of SplitMix64") {
  // First outputs of the published generator with seed 0.
  CHECK(mix_bits(mix_step) == 0xE220A8397B1DCDAFU);
  CHECK(mix_bits(2 * mix_step) == 0x6E789E6AA1B965F4U);
  CHECK(mix_bits(3 * mix_step) == 0x06C45D188009454FU);
}

TEST_CASE("nothing is mixed from nothing") {
  CHECK(mix_bits(0) == 0);
}

} // namespace troupe::runtime
