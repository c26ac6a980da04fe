#include "runtime/http/http_redirect.hpp"

#include <catch2/catch.hpp>

using namespace troupe::runtime;

namespace {

http_request post() {
  auto request = http_request{};
  request.method = http_method::post;
  request.url = "https://a.org/x";
  request.headers = {{"Content-Type", "text/plain"}, {"X-Api-Key", "hush"}};
  request.body = "text";
  return request;
}

http_request get(std::string url) {
  auto request = http_request{};
  request.url = std::move(url);
  request.headers = {{"X-Api-Key", "hush"}};
  return request;
}

bool is_followed(std::string from, const char* to) {
  return redirected(get(std::move(from)), 302, to).has_value();
}

} // namespace

TEST_CASE("a redirect decides what is sent next") {
  const auto moved = redirected(post(), 302, "https://a.org/y");
  REQUIRE(moved);
  CHECK(moved->url == "https://a.org/y");
  CHECK(moved->method == http_method::get);
  CHECK(moved->body.empty());
  CHECK(moved->headers == std::vector<http_header>{{"X-Api-Key", "hush"}});

  const auto kept = redirected(post(), 308, "https://a.org:443/y");
  REQUIRE(kept);
  CHECK(kept->method == http_method::post);
  CHECK(kept->body == "text");
  CHECK(kept->headers == post().headers);

  auto put = post();
  put.method = http_method::put;
  CHECK(redirected(put, 301, "https://a.org/y")->method == http_method::put);
  CHECK(redirected(put, 303, "https://a.org/y")->method == http_method::get);
  auto head = get("https://a.org/x");
  head.method = http_method::head;
  CHECK(redirected(head, 303, "https://a.org/y")->method == http_method::head);
}

TEST_CASE("other statuses are no redirects") {
  for (const auto status : {200, 300, 304, 305, 306, 399, 404})
    CHECK_FALSE(redirected(get("https://a.org"), status, "https://a.org/y"));
}

TEST_CASE("nothing of a request goes to another origin") {
  for (const auto* elsewhere :
       {"https://b.org/", "https://a.org:8443/", "https://a.org.b.org/"}) {
    const auto moved = redirected(get("https://a.org/x"), 307, elsewhere);
    REQUIRE(moved);
    CHECK(moved->headers.empty());
    CHECK_FALSE(redirected(post(), 307, elsewhere));
    CHECK(redirected(post(), 303, elsewhere)->headers.empty());
  }
  CHECK(redirected(get("http://a.org"), 301, "https://a.org")->headers.empty());
}

TEST_CASE("some ways are not gone") {
  CHECK_FALSE(is_followed("https://a.org", "http://a.org"));
  CHECK_FALSE(is_followed("https://a.org", "https://127.0.0.1"));
  CHECK_FALSE(is_followed("https://a.org", "https://user@b.org"));
  CHECK_FALSE(is_followed("https://a.org", "file:///etc/passwd"));
  CHECK(is_followed("http://127.0.0.1:1", "http://127.0.0.1:2"));
  CHECK(is_followed("http://127.0.0.1:1", "https://a.org"));
}
