#include "actors/simulation/census_file.hpp"
#include "actors/simulation/people_check.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <cstring>

using namespace troupe;
using namespace troupe::simulation;
using tests::promise;

namespace {

/// Between a mapping and a census.
constexpr auto separator = std::string_view{"\n---\n"};
constexpr auto census_year = std::int32_t{2024};

/// A few bytes at a time, as a pipe may give them.
runtime::byte_source source_of(std::string_view text) {
  return [text](std::span<char> to) mutable -> runtime::outcome<std::size_t> {
    const auto size = std::min({to.size(), text.size(), std::size_t{61}});
    std::copy_n(text.begin(), size, to.begin());
    text.remove_prefix(size);
    return size;
  };
}

checked<census> read(std::string_view text, const census_mapping& mapping,
                     bad_row_policy bad_rows, duplicate_policy duplicates) {
  return read_census(source_of(text), "fuzz",
                     {.mapping = mapping,
                      .year = census_year,
                      .bad_rows = bad_rows,
                      .duplicates = duplicates});
}

void check(const census& of) {
  promise(of.staff.size() > 0, "a census has people");
  promise(of.staff.size() == of.ids.size(), "everybody has an id");
  promise(of.rows
            == of.staff.size() + of.dropped + of.not_staff
                 + of.duplicates.size(),
          "every row is counted once");
  auto first_year = scenario{};
  first_year.start_year = census_year + 1;
  promise(check_people(first_year, {&of.staff, 1}).has_value(),
          "a census can start a projection");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = tests::text_of(data, size);
  auto mapping = census_mapping{};
  if (const auto end = text.find(separator); end != std::string_view::npos) {
    const auto document
      = runtime::yaml_document::parse(text.substr(0, end), "fuzz");
    if (!document)
      return 0;
    const auto parsed = parse_census_mapping(*document);
    if (!parsed) {
      tests::promise_reasons(parsed.error());
      return 0;
    }
    mapping = *parsed;
    text.remove_prefix(end + separator.size());
  }
  const auto strict
    = read(text, mapping, bad_row_policy::refuse, duplicate_policy::refuse);
  if (strict)
    check(*strict);
  else
    tests::promise_reasons(strict.error());
  const auto lenient
    = read(text, mapping, bad_row_policy::drop, duplicate_policy::keep_latest);
  if (lenient)
    check(*lenient);
  else
    tests::promise_reasons(lenient.error());
  if (strict)
    promise(lenient && lenient->staff.key == strict->staff.key
              && lenient->staff.pay == strict->staff.pay,
            "nothing wrong, nothing dropped");
  return 0;
}
