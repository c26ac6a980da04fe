#include "runtime/tabular/numbers.hpp"

#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>

using namespace troupe::runtime;

namespace {

std::string shortest(double value) {
  auto text = std::string{};
  append_shortest(text, value);
  return text;
}

std::string fixed(double value, int decimals) {
  auto text = std::string{};
  append_fixed(text, value, decimals);
  return text;
}

std::string printed(double value, int decimals) {
  auto text = std::string(400, '\0');
  const auto size
    = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

} // namespace

TEST_CASE("every finite number is read back as it was written") {
  auto random = std::mt19937_64{1};
  auto failures = 0;
  for (auto round = 0; round < 1'000'000; ++round) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value))
      continue;
    const auto text = shortest(value);
    const auto back = parse_number(text);
    if (!back
        || std::bit_cast<std::uint64_t>(*back)
             != std::bit_cast<std::uint64_t>(value))
      ++failures;
  }
  CHECK(failures == 0);
}

TEST_CASE("numbers are written in the form of Python's repr") {
  CHECK(shortest(0.0) == "0.0");
  CHECK(shortest(-0.0) == "-0.0");
  CHECK(shortest(0.5) == "0.5");
  CHECK(shortest(100.0) == "100.0");
  CHECK(shortest(-123.456) == "-123.456");
  CHECK(shortest(0.0001) == "0.0001");
  CHECK(shortest(0.00001) == "1e-05");
  CHECK(shortest(7.407064487755197e-05) == "7.407064487755197e-05");
  CHECK(shortest(123456789012345680.0) == "1.2345678901234568e+17");
  CHECK(shortest(1e16) == "1e+16");
  CHECK(shortest(9999999999999998.0) == "9999999999999998.0");
  CHECK(shortest(-2.5e-300) == "-2.5e-300");
  CHECK(shortest(5e-324) == "5e-324");
  CHECK(shortest(std::numeric_limits<double>::max())
        == "1.7976931348623157e+308");
  CHECK(shortest(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(shortest(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(shortest(-std::numeric_limits<double>::quiet_NaN()) == "nan");
}

TEST_CASE("a number with decimals has the digits of printf") {
  auto random = std::mt19937_64{2};
  auto failures = 0;
  for (auto round = 0; round < 1'000'000; ++round) {
    auto value = std::bit_cast<double>(random());
    const auto whole = static_cast<double>(static_cast<std::int64_t>(random()));
    if (round % 4 == 1) // A magnitude that people use.
      value = whole / static_cast<double>(std::uint64_t{1} << (random() % 64));
    if (round % 4 == 2) // Close to a tie in decimal.
      value = std::round(whole / 1e12) / 2e6;
    if (round % 4 == 3) // Exactly a tie: odd multiples of a power of two.
      value = static_cast<double>((random() % 4096) | 1U)
              / static_cast<double>(std::uint64_t{1} << (random() % 12));
    if (!std::isfinite(value))
      continue;
    const auto decimals = static_cast<int>(random() % 10);
    if (fixed(value, decimals) != printed(value, decimals))
      ++failures;
  }
  CHECK(failures == 0);
}

TEST_CASE("decimals at the edges have the digits of printf") {
  const auto values = {0.0,       -0.0,      0.5,
                       1.5,       2.5,       0.125,
                       0.375,     0.9999995, 1e-7,
                       5e-7,      5e-324,    -1e-300,
                       9e12,      9.3e12,    1e15,
                       1e18,      9.5e18,    9223372036854775807.0,
                       1e22,      1e300,     4503599627370495.5,
                       0.0000005, 1.0000005, 2.2250738585072014e-308};
  for (const auto value : values)
    for (auto decimals = 0; decimals <= 9; ++decimals) {
      CHECK(fixed(value, decimals) == printed(value, decimals));
      CHECK(fixed(-value, decimals) == printed(-value, decimals));
    }
  CHECK(fixed(-std::numeric_limits<double>::quiet_NaN(), 6) == "nan");
  CHECK(fixed(-std::numeric_limits<double>::infinity(), 6) == "-inf");
  CHECK(fixed(1.0, 40) == "1.000000000");
  CHECK(fixed(1.0, -1) == "1");
  CHECK(fixed(std::numeric_limits<double>::lowest(), 9).size()
        <= number_bytes_max);
}

TEST_CASE("numbers are parsed to the nearest double") {
  CHECK(parse_number("0") == 0.0);
  CHECK(parse_number("+12.5") == 12.5);
  CHECK(parse_number(".5") == 0.5);
  CHECK(parse_number("5.") == 5.0);
  CHECK(parse_number("-1E3") == -1000.0);
  CHECK(parse_number("9007199254740993") == 9007199254740992.0);
  CHECK(parse_number("9007199254740993.00000000000000000000001")
        == 9007199254740994.0);
  CHECK(parse_number("0.1") == 0.1);
  CHECK(parse_number("2.2250738585072011e-308") == 2.2250738585072011e-308);
  auto many_digits = std::string(800, '1');
  many_digits += "e-799";
  CHECK(parse_number(many_digits) == std::strtod(many_digits.c_str(), nullptr));
  CHECK(parse_number("1e999") == std::numeric_limits<double>::infinity());
  CHECK(parse_number("-1e-999") == 0.0);
  CHECK(std::signbit(*parse_number("-0")));
  CHECK(std::isnan(*parse_number("NaN")));
  CHECK(parse_number("-Infinity") == -std::numeric_limits<double>::infinity());
  CHECK(parse_number("inf") == std::numeric_limits<double>::infinity());
}

TEST_CASE("what is not wholly a number is none") {
  for (const auto* text :
       {"", "-", "+", ".", "e5", "1e", "1e+", "1 ", " 1", "1,5", "0x1", "--1",
        "+-1", "-+1", "1.2.3", "nan(1)", "infi", "1_0", "1d5"}) {
    INFO(text);
    CHECK_FALSE(parse_number(text));
  }
}

TEST_CASE("parsing agrees with the C library on random decimals") {
  auto random = std::mt19937_64{3};
  auto failures = 0;
  for (auto round = 0; round < 300'000; ++round) {
    auto text
      = std::to_string(random() % (std::uint64_t{1} << (random() % 64) | 1U));
    if (random() % 2 == 0)
      text.insert(random() % (text.size() + 1), ".");
    if (random() % 2 == 0)
      text += "e" + std::to_string(static_cast<int>(random() % 80) - 40);
    const auto expected = std::strtod(text.c_str(), nullptr);
    const auto parsed = parse_number(text);
    if (!parsed || *parsed != expected)
      ++failures;
  }
  CHECK(failures == 0);
}

TEST_CASE("integers are written in full") {
  auto text = std::string{};
  append_integer(text, std::numeric_limits<std::int64_t>::min());
  append_integer(text, 0);
  append_integer(text, 1'000'000);
  CHECK(text == "-922337203685477580801000000");
}
