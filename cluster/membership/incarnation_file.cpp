#include "cluster/membership/incarnation_file.hpp"

#include "runtime/config/text_file.hpp"
#include "runtime/tabular/output_file.hpp"

#include <charconv>
#include <cstddef>
#include <limits>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::file_durability;
using runtime::outcome;
using runtime::output_file;
using runtime::problem;
using runtime::problem_kind;

namespace {

constexpr auto file_bytes_max = std::size_t{32};
/// What others take for an incarnation (member.hpp).
constexpr auto incarnation_max = std::numeric_limits<std::uint64_t>::max() / 2;

problem junk(const std::string& path) {
  auto reason = problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = "there is no incarnation of a node in the file";
  reason.file = path;
  reason.hint = "write a number into it that is greater than the node's "
                "incarnation as others list it";
  return reason;
}

} // namespace

outcome<std::uint64_t> read_incarnation(const std::string& path) {
  const auto text = runtime::read_text_file(path, file_bytes_max);
  if (!text && text.error().kind == problem_kind::not_found)
    return std::uint64_t{0};
  if (!text)
    return fail(text.error());
  auto number = std::uint64_t{0};
  const auto* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  const auto is_whole
    = read.ptr == end || (read.ptr + 1 == end && *read.ptr == '\n');
  if (read.ec != std::errc{} || !is_whole || number == 0
      || number >= incarnation_max)
    return fail(junk(path));
  return number;
}

outcome<void> write_incarnation(const std::string& path,
                                std::uint64_t incarnation) {
  const auto before = read_incarnation(path);
  if (!before)
    return fail(before.error());
  if (*before > incarnation)
    return fail(problem_kind::conflict,
                "the node has had incarnation " + std::to_string(*before),
                "does another process use the same folder?");
  auto file = output_file::create(path);
  if (!file)
    return fail(file.error());
  if (auto written = file->write(std::to_string(incarnation) + '\n'); !written)
    return written;
  return file->commit(file_durability::power_loss);
}

outcome<std::uint64_t> next_incarnation(const std::string& path) {
  const auto before = read_incarnation(path);
  if (!before)
    return fail(before.error());
  const auto next = *before + 1;
  if (auto written = write_incarnation(path, next); !written)
    return fail(written.error());
  return next;
}

} // namespace troupe::cluster
