#include "runtime/store/content_digest.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::runtime;

// Of FIPS 180-4 and its examples.
TEST_CASE("contents are identified by their SHA-256") {
  CHECK(to_hex(digest_of(""))
        == "e3b0c44298fc1c149afbf4c8996fb924"
           "27ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(digest_of("abc"))
        == "ba7816bf8f01cfea414140de5dae2223"
           "b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(digest_of(std::string(1'000'000, 'a')))
        == "cdc76e5c9914fb9281a1c7e284d73e67"
           "f1809a48a497200e046d39ccc7112cd0");
}
