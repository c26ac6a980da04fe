#include "cluster/certificates/certificate_maker.hpp"
#include "cluster/certificates/issued_certificates.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;

namespace {

const auto issue_now = runtime::parse_instant("2026-05-01T12:00:00Z").value();

certificate_terms issue_terms(std::uint8_t serial, std::chrono::hours valid) {
  auto terms = certificate_terms{issue_now - 1h, issue_now + valid, {}};
  terms.serial.back() = serial;
  return terms;
}

} // namespace

TEST_CASE("a register has all certificates of a node that have not ended") {
  const auto authority
    = make_authority("authority", issue_terms(1, 100h)).value();
  const auto issue = [&](const std::string& node, std::uint8_t serial,
                         std::chrono::hours valid) {
    return issue_certificate(authority, node, issue_terms(serial, valid))
      .value()
      .certificate;
  };
  const auto first = issue("a", 2, 10h);
  const auto second = issue("a", 3, 20h);
  const auto other = issue("b", 4, 20h);
  auto issued = add_to_register("", {first, other}, issue_now).value();
  issued = add_to_register(issued, {second, first}, issue_now).value();
  CHECK(issued == first + other + second);
  CHECK(issued_to(issued, "a", issue_now)
        == std::vector<std::string>{first, second});
  CHECK(issued_to(issued, "a", issue_now + 10h)
        == std::vector<std::string>{second});
  CHECK(issued_to(issued, "c", issue_now)->empty());
  CHECK(add_to_register(issued, {}, issue_now + 15h) == other + second);
}

TEST_CASE("a damaged register is refused, not shortened") {
  const auto authority
    = make_authority("authority", issue_terms(1, 100h)).value();
  const auto issue = [&](std::uint8_t serial) {
    return issue_certificate(authority, "a", issue_terms(serial, 10h))
      .value()
      .certificate;
  };
  const auto first = issue(2);
  const auto second = issue(3);
  auto broken = first;
  broken[broken.size() / 2] = '!';
  for (const auto& issued :
       {first + broken + second, first + second.substr(0, 100),
        first + first.substr(1) + second, first + "junk",
        std::string{"junk"}}) {
    const auto refused = add_to_register(issued, {second}, issue_now);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
    CHECK_FALSE(refused.error().hint.empty());
    CHECK_FALSE(issued_to(issued, "a", issue_now));
  }
  auto as_copied = std::string{};
  for (const auto letter : first + second)
    as_copied += letter == '\n' ? std::string{"\r\n"} : std::string{letter};
  CHECK(issued_to(as_copied, "a", issue_now)->size() == 2);
}
