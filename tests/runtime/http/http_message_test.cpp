#include "runtime/http/http_message.hpp"

#include <catch2/catch.hpp>

using namespace troupe::runtime;

TEST_CASE("an address tells whom one talks to") {
  CHECK(origin_of("https://Example.org/a?b")
        == http_origin{true, "example.org", 0});
  CHECK(origin_of("HTTP://h:8080") == http_origin{false, "h", 8080});
  CHECK(origin_of("http://[::1]:99/x") == http_origin{false, "::1", 99});
  for (const auto* text :
       {"", "example.org", "ftp://h", "https://", "https:///x", "http://h:0",
        "http://h:65536", "http://h:1x", "http://h:", "https://a@b",
        "https://127.0.0.1:1@evil.org", "https://a b", "https://h\n",
        "https://good.org\\@evil.org", "http://[::1", "http://[::1]x"})
    CHECK_FALSE(origin_of(text));
}

TEST_CASE("only this machine is a loopback") {
  for (const auto* text : {"http://localhost", "http://127.0.0.1:80",
                           "http://127.9.9.9", "http://[::1]"})
    CHECK(origin_of(text)->is_loopback());
  for (const auto* text :
       {"http://127.0.0.1.evil.org", "http://localhost.evil.org",
        "http://128.0.0.1", "http://[::2]", "http://127evil.org"})
    CHECK_FALSE(origin_of(text)->is_loopback());
}

TEST_CASE("headers are found in any case") {
  auto reply = http_reply{};
  reply.headers = {{"Retry-After", "7"}, {"retry-after", "8"}};
  CHECK(reply.header("RETRY-AFTER") == "7");
  CHECK(reply.header("Retry").empty());
}

TEST_CASE("text is encoded for addresses and for headers") {
  CHECK(percent_encode("Az09-._~") == "Az09-._~");
  CHECK(percent_encode("a b/\xC3\xA4%") == "a%20b%2F%C3%A4%25");
  // The examples of RFC 7617 and RFC 4648.
  CHECK(basic_authorization("Aladdin", "open sesame")
        == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  CHECK(basic_authorization("f", "ob") == "Basic ZjpvYg==");
  CHECK(basic_authorization("fo", "ba") == "Basic Zm86YmE=");
  CHECK(basic_authorization("", "") == "Basic Og==");
  CHECK(to_string(http_method::remove) == "DELETE");
}
