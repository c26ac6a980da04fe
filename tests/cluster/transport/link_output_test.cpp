#include "cluster/transport/link_output.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>

using namespace troupe;
using namespace troupe::cluster;

namespace {

/// What a stream takes of the first parts: at most so many bytes.
std::string write_some(link_output& output, std::size_t bytes_max) {
  auto parts = std::array<std::string_view, 3>{};
  auto bytes = std::string{};
  for (const auto part : std::span{parts}.first(output.front(parts))) {
    CHECK_FALSE(part.empty());
    bytes += part;
  }
  bytes.resize(std::min(bytes.size(), bytes_max));
  output.drop(bytes.size());
  return bytes;
}

} // namespace

TEST_CASE(
  "what goes into the output of a link comes out, however it is taken") {
  auto random = std::mt19937_64{3};
  auto output = link_output{};
  auto put = std::string{};
  auto taken = std::string{};
  for (auto i = 0; i < 3'000; ++i) {
    const auto letter = static_cast<char>('a' + i % 26);
    if (random() % 3 == 0) {
      const auto body = std::make_shared<const std::string>(40'000, letter);
      const auto begin = random() % 20'000;
      const auto length = random() % 20'000;
      output.append(body, begin, length);
      put += body->substr(begin, length);
    } else {
      const auto text = std::string(random() % 100, letter);
      output.text() += text;
      put += text;
    }
    if (random() % 2 == 0)
      taken += write_some(output, random() % 60'000);
    REQUIRE(output.size() == put.size() - taken.size());
  }
  while (!output.is_empty())
    taken += write_some(output, 70'000);
  CHECK(taken == put);
}

TEST_CASE("long bodies are kept until they are written, and not copied") {
  auto output = link_output{};
  auto body = std::make_shared<const std::string>(100'000, 'x');
  const auto* place = body->data();
  const auto kept = std::weak_ptr<const std::string>{body};
  output.text() += "head";
  output.append(body, 0, 60'000);
  output.append(body, 60'000, 10);
  body.reset();
  auto parts = std::array<std::string_view, 4>{};
  REQUIRE(output.front(parts) == 3);
  CHECK(parts[0] == "head");
  CHECK(parts[1].data() == place);
  CHECK(parts[2] == std::string(10, 'x'));
  output.drop(60'003);
  CHECK_FALSE(kept.expired());
  output.drop(11);
  CHECK(output.is_empty());
  CHECK(kept.expired());
}
