#include "runtime/logging/redaction.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe::runtime;

TEST_CASE("what a secret's name announces is hidden, the rest stays") {
  const auto hide = redactor{};
  const auto cases = std::vector<std::pair<std::string, std::string>>{
    {"token=abc next", "token=[redacted] next"},
    {"PASSWORD: hunter2, user: x", "PASSWORD: [redacted], user: x"},
    {"url?api_key=abc&page=2", "url?api_key=[redacted]&page=2"},
    {"{\"db_password\": \"a b \\\" c\", \"n\": 1}",
     "{\"db_password\": \"[redacted]\", \"n\": 1}"},
    {"logged: \"{\\\"token\\\": \\\"abc\\\"}\"",
     "logged: \"{\\\"token\\\": \\\"[redacted]\\\"}\""},
    {"Authorization: Bearer abc.def\r\nHost: h",
     "Authorization: [redacted]\r\nHost: h"},
    {"proxy-authorization: Basic dXNlcg==", "proxy-authorization: [redacted]"},
    {"Set-Cookie: a=b; c=d\nX: y", "Set-Cookie: [redacted]\nX: y"},
    {"sent Bearer abcdefghijklmnop to h", "sent Bearer [redacted] to h"},
    {"run --token abc --workers 2", "run --token [redacted] --workers 2"},
    {"run --password=abc", "run --password=[redacted]"},
    {"postgres://bob:pa:ss@host/db", "postgres://bob:[redacted]@host/db"},
    {"https://user:p@ss@host", "https://user:[redacted]@host"},
    {"secret='a b' rest", "secret='[redacted]' rest"},
    {"token = abc", "token = [redacted]"},
  };
  for (const auto& [text, shown] : cases)
    CHECK(hide.redact(text) == shown);
}

TEST_CASE("text without secrets stays as it is") {
  const auto hide = redactor{};
  for (const auto text :
       {"", "run stored", "the token bucket is empty", "tokens: 500",
        "https://host:80/path@x", "basic rules apply", "a=b; c: d", "password",
        "ends with token=", "caf\u00e9 = 1"})
    CHECK(hide.redact(text) == text);
}

TEST_CASE("hiding twice changes nothing") {
  auto hide = redactor{};
  hide.add_value("hunter2");
  const auto once
    = hide.redact("token=abc hunter2 Authorization: Bearer x\nurl://a:b@c");
  CHECK(hide.redact(once) == once);
}

TEST_CASE("a registered value is hidden wherever and however it appears") {
  auto hide = redactor{};
  hide.add_value("p\"w/1");
  CHECK(hide.redact("xp\"w/1x") == "x[redacted]x");
  CHECK(hide.redact("{\"v\": \"p\\\"w/1\"}") == "{\"v\": \"[redacted]\"}");
  CHECK(hide.redact("/?v=p%22w%2F1") == "/?v=[redacted]");
}

TEST_CASE("a registered value that contains another is hidden whole") {
  auto hide = redactor{};
  hide.add_value("alpha");
  hide.add_value("alphabet");
  CHECK(hide.redact("alphabet alpha") == "[redacted] [redacted]");
}

TEST_CASE("each line of a registered value is hidden") {
  auto hide = redactor{};
  hide.add_value("-----KEY\nabcdefgh\n-----END");
  CHECK(hide.redact("bad line: abcdefgh") == "bad line: [redacted]");
}

TEST_CASE("a value too short to hide is not registered") {
  auto hide = redactor{};
  hide.add_value("abc");
  hide.add_value("");
  CHECK(hide.redact("abc") == "abc");
}

TEST_CASE("names of secrets are known in any spelling") {
  for (const auto name : {"token", "API-Key", "apiKey", "db_password",
                          "X-Auth-Token", "client_secret", "Cookie"})
    CHECK(redactor::is_secret_name(name));
  for (const auto name : {"", "tokens", "run", "key", "items", "bucket"})
    CHECK_FALSE(redactor::is_secret_name(name));
}
