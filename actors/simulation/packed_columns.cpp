#include "actors/simulation/packed_columns.hpp"

#include "actors/simulation/packed_integers.hpp"
#include "actors/simulation/year_plan.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;

namespace {

enum class block_kind : std::uint8_t { events = 1, rows = 2, people = 3 };

constexpr auto format_version = std::uint8_t{1};

/// How a block begins, as it is in memory.
struct block_header {
  /// Of all that follows it.
  std::uint64_t checksum = 0;
  std::uint64_t first_key = 0;
  std::uint32_t count = 0;
  std::uint8_t version = format_version;
  block_kind kind = block_kind::events;
  std::uint16_t unused = 0;
};
static_assert(sizeof(block_header) == 24
              && std::is_trivially_copyable_v<block_header>);

constexpr auto unsealed_bytes = sizeof(std::uint64_t);

/// Entries that are alike are a group: their columns pack better each by
/// itself. A group is a kind (of event, of status) and a level.
constexpr auto group_kinds = std::uint32_t{8};

template <class Kind>
std::int64_t group_of(Kind kind, std::uint8_t level) noexcept {
  return std::int64_t{level} * group_kinds + static_cast<std::int64_t>(kind);
}

/// The entries of each group, in their order.
class grouping {
public:
  explicit grouping(std::span<const std::int64_t> groups)
    : order_(groups.size()) {
    auto last = std::int64_t{-1};
    for (const auto group : groups)
      last = std::max(last, group);
    ends_.resize(static_cast<std::size_t>(last + 1));
    for (const auto group : groups)
      ++ends_[static_cast<std::size_t>(group)];
    auto next = std::vector<std::uint32_t>(ends_.size());
    std::exclusive_scan(ends_.begin(), ends_.end(), next.begin(),
                        std::uint32_t{0});
    std::partial_sum(ends_.begin(), ends_.end(), ends_.begin());
    for (auto at = std::size_t{0}; at < groups.size(); ++at)
      order_[next[static_cast<std::size_t>(groups[at])]++]
        = static_cast<std::uint32_t>(at);
  }

  /// Groups, some of them without entries.
  [[nodiscard]] std::size_t count() const noexcept {
    return ends_.size();
  }

  [[nodiscard]] std::span<const std::uint32_t>
  entries(std::size_t group) const {
    const auto begin = group == 0 ? 0 : ends_[group - 1];
    return std::span{order_}.subspan(begin, ends_[group] - begin);
  }

private:
  std::vector<std::uint32_t> ends_;
  std::vector<std::uint32_t> order_;
};

/// Writes a block; at the end its header is sealed.
class block_packer {
public:
  block_packer(block_kind kind, std::span<const std::uint64_t> keys,
               std::string& to)
    : to_{&to}, begin_{to.size()}, integers_{to} {
    header_.kind = kind;
    header_.count = static_cast<std::uint32_t>(keys.size());
    header_.first_key = keys.empty() ? 0 : keys.front();
    to.append(sizeof header_, '\0');
    const auto steps = integers_.room(keys.empty() ? 0 : keys.size() - 1);
    for (auto at = std::size_t{0}; at < steps.size(); ++at)
      steps[at] = static_cast<std::int64_t>(keys[at + 1] - keys[at]);
    integers_.add_room();
  }

  /// Which group each entry is in.
  template <class Kinds, class Levels>
  grouping add_groups(const Kinds& kinds, const Levels& levels) {
    const auto groups = integers_.room(header_.count);
    for (auto at = std::size_t{0}; at < groups.size(); ++at)
      groups[at] = group_of(kinds[at], levels[at]);
    auto grouped = grouping{groups};
    integers_.add_room();
    return grouped;
  }

  template <class Column>
  void column(std::span<const std::uint32_t> entries, const Column& values,
              std::int64_t /*least*/, std::int64_t /*most*/) {
    const auto room = integers_.room(entries.size());
    for (auto at = std::size_t{0}; at < room.size(); ++at)
      room[at] = static_cast<std::int64_t>(values[entries[at]]);
    integers_.add_room();
  }

  /// A column by how far it is from another one.
  template <class Column>
  void column_from(std::span<const std::uint32_t> entries, const Column& values,
                   const Column& base) {
    const auto room = integers_.room(entries.size());
    for (auto at = std::size_t{0}; at < room.size(); ++at)
      room[at] = static_cast<std::int64_t>(
        static_cast<std::uint64_t>(values[entries[at]])
        - static_cast<std::uint64_t>(base[entries[at]]));
    integers_.add_room();
  }

  void seal() {
    auto* begin = to_->data() + begin_;
    std::memcpy(begin, &header_, sizeof header_);
    header_.checksum = XXH3_64bits(begin + unsealed_bytes,
                                   to_->size() - begin_ - unsealed_bytes);
    std::memcpy(begin, &header_, sizeof header_);
  }

private:
  std::string* to_;
  std::size_t begin_;
  integer_packer integers_;
  block_header header_;
};

/// Reads a block. Once something is wrong, all that follows does nothing.
class block_unpacker {
public:
  block_unpacker(block_kind kind, std::string_view bytes)
    : integers_{bytes.substr(std::min(bytes.size(), sizeof(block_header)))} {
    if (bytes.size() < sizeof header_)
      return;
    std::memcpy(&header_, bytes.data(), sizeof header_);
    is_good_ = header_.checksum
                 == XXH3_64bits(bytes.data() + unsealed_bytes,
                                bytes.size() - unsealed_bytes)
               && header_.version == format_version && header_.kind == kind
               && header_.count <= packed_count_max;
  }

  [[nodiscard]] std::size_t count() const noexcept {
    return is_good_ ? header_.count : 0;
  }

  [[nodiscard]] bool is_whole() const noexcept {
    return is_good_ && integers_.is_done();
  }

  void read_keys(std::vector<std::uint64_t>& keys) {
    if (count() == 0)
      return;
    keys[0] = header_.first_key;
    const auto steps = next(count() - 1);
    for (auto at = std::size_t{0}; at < steps.size(); ++at)
      keys[at + 1] = keys[at] + static_cast<std::uint64_t>(steps[at]);
  }

  /// Kinds are those up to the last one.
  template <class Kinds, class Levels>
  grouping read_groups(Kinds& kinds, Levels& levels, std::int64_t last_kind) {
    using kind = std::decay_t<decltype(kinds[0])>;
    const auto groups = next(count());
    for (auto at = std::size_t{0}; at < groups.size(); ++at) {
      const auto level = groups[at] / group_kinds;
      const auto rest = groups[at] % group_kinds;
      is_good_ = is_good_ && groups[at] >= 0 && rest <= last_kind
                 && level <= std::int64_t{level_max};
      kinds[at] = static_cast<kind>(rest);
      levels[at] = static_cast<std::uint8_t>(level);
    }
    return grouping{is_good_ ? groups : std::span<const std::int64_t>{}};
  }

  /// Values out of the bounds are wrong.
  template <class Column>
  void column(std::span<const std::uint32_t> entries, Column& values,
              std::int64_t least, std::int64_t most) {
    const auto read = next(entries.size());
    auto is_within = true;
    for (auto at = std::size_t{0}; at < read.size(); ++at) {
      is_within &= read[at] >= least && read[at] <= most;
      values[entries[at]]
        = static_cast<std::decay_t<decltype(values[0])>>(read[at]);
    }
    is_good_ = is_good_ && is_within;
  }

  template <class Column>
  void column_from(std::span<const std::uint32_t> entries, Column& values,
                   const Column& base) {
    const auto read = next(entries.size());
    for (auto at = std::size_t{0}; at < read.size(); ++at)
      values[entries[at]]
        = static_cast<cents>(static_cast<std::uint64_t>(base[entries[at]])
                             + static_cast<std::uint64_t>(read[at]));
  }

private:
  std::span<const std::int64_t> next(std::size_t count) {
    if (!is_good_)
      return {};
    const auto values = integers_.next(count);
    is_good_ = values.has_value();
    return values.value_or(std::span<const std::int64_t>{});
  }

  integer_unpacker integers_;
  block_header header_;
  bool is_good_ = false;
};

// Bounds of columns whose values are looked up in tables of a year, and of
// those that are as long as their type.
constexpr auto day_max = std::int64_t{365};
constexpr auto years_max = std::int64_t{completed_years_max};
constexpr auto plan_max = static_cast<std::int64_t>(enrollment::opted_out);
constexpr auto event_type_max = std::int64_t{event_type_count} - 1;
constexpr auto status_max
  = static_cast<std::int64_t>(year_status::new_hire_termination);
constexpr auto int64_min = std::numeric_limits<std::int64_t>::min();
constexpr auto int64_max = std::numeric_limits<std::int64_t>::max();
constexpr auto int32_min
  = std::int64_t{std::numeric_limits<std::int32_t>::min()};
constexpr auto int32_max
  = std::int64_t{std::numeric_limits<std::int32_t>::max()};

// The columns of each group, in the order in which they are stored. Packing
// and unpacking both follow these.

template <class Block, class Events>
void visit_events(Block& block, const grouping& groups, Events& events) {
  for (auto group = std::size_t{0}; group < groups.count(); ++group) {
    const auto entries = groups.entries(group);
    block.column(entries, events.previous, int64_min, int64_max);
    block.column_from(entries, events.amount, events.previous);
    block.column(entries, events.probability, int32_min, int32_max);
    block.column(entries, events.day, 0, day_max);
    block.column(entries, events.age, 0, years_max);
    block.column(entries, events.tenure, 0, years_max);
  }
}

template <class Block, class Rows>
void visit_rows(Block& block, const grouping& groups, Rows& rows) {
  for (auto group = std::size_t{0}; group < groups.count(); ++group) {
    const auto entries = groups.entries(group);
    block.column(entries, rows.pay, int64_min, int64_max);
    block.column_from(entries, rows.prorated, rows.pay);
    block.column(entries, rows.birth_date, int32_min, int32_max);
    block.column(entries, rows.hire_date, int32_min, int32_max);
    block.column(entries, rows.termination_date, int32_min, int32_max);
    block.column(entries, rows.deferral, int32_min, int32_max);
    block.column(entries, rows.age, 0, years_max);
    block.column(entries, rows.tenure, 0, years_max);
    block.column(entries, rows.plan, 0, plan_max);
  }
}

template <class Block, class Staff>
void visit_people(Block& block, const grouping& groups, Staff& staff) {
  for (auto group = std::size_t{0}; group < groups.count(); ++group) {
    const auto entries = groups.entries(group);
    block.column(entries, staff.birth_date, int32_min, int32_max);
    block.column(entries, staff.hire_date, int32_min, int32_max);
    block.column(entries, staff.pay, int64_min, int64_max);
    block.column(entries, staff.deferral, int32_min, int32_max);
  }
}

template <class Columns>
outcome<Columns> whole(const block_unpacker& block, Columns columns,
                       const char* what) {
  if (!block.is_whole())
    return fail(runtime::problem_kind::failed,
                std::string{"the packed "} + what + " are damaged",
                "see what else is damaged: troupe doctor");
  return columns;
}

} // namespace

void pack_events(const event_columns& events, std::string& to) {
  auto block = block_packer{block_kind::events,
                            std::span{events.key}.first(events.count), to};
  visit_events(block, block.add_groups(events.type, events.level), events);
  block.seal();
}

outcome<event_columns> unpack_events(std::string_view bytes) {
  auto block = block_unpacker{block_kind::events, bytes};
  auto events = event_columns{};
  events.count = block.count();
  events.make_room(events.count);
  block.read_keys(events.key);
  visit_events(block,
               block.read_groups(events.type, events.level, event_type_max),
               events);
  return whole(block, std::move(events), "events");
}

void pack_rows(const year_row_columns& rows, std::string& to) {
  auto block
    = block_packer{block_kind::rows, std::span{rows.key}.first(rows.count), to};
  visit_rows(block, block.add_groups(rows.status, rows.level), rows);
  block.seal();
}

outcome<year_row_columns> unpack_rows(std::string_view bytes) {
  auto block = block_unpacker{block_kind::rows, bytes};
  auto rows = year_row_columns{};
  rows.count = block.count();
  rows.make_room(rows.count);
  block.read_keys(rows.key);
  visit_rows(block, block.read_groups(rows.status, rows.level, status_max),
             rows);
  return whole(block, std::move(rows), "year-end rows");
}

void pack_people(const people_view& staff, std::string& to) {
  auto block = block_packer{block_kind::people, staff.key, to};
  visit_people(block, block.add_groups(staff.plan, staff.level), staff);
  block.seal();
}

outcome<people> unpack_people(std::string_view bytes) {
  auto block = block_unpacker{block_kind::people, bytes};
  auto staff = people{};
  staff.resize(block.count());
  block.read_keys(staff.key);
  visit_people(block, block.read_groups(staff.plan, staff.level, plan_max),
               staff);
  return whole(block, std::move(staff), "people");
}

std::uint64_t raw_bytes(const event_columns& events) noexcept {
  return events.count
         * (sizeof(std::uint64_t) + 2 * sizeof(cents) + sizeof(std::int32_t)
            + sizeof(std::uint16_t) + 4 * sizeof(std::uint8_t));
}

std::uint64_t raw_bytes(const year_row_columns& rows) noexcept {
  return rows.count
         * (sizeof(std::uint64_t) + 2 * sizeof(cents) + 3 * sizeof(day_number)
            + sizeof(std::int32_t) + 5 * sizeof(std::uint8_t));
}

std::uint64_t raw_bytes(const people_view& staff) noexcept {
  return staff.size()
         * (sizeof(std::uint64_t) + sizeof(cents) + 2 * sizeof(day_number)
            + sizeof(std::int32_t) + 2 * sizeof(std::uint8_t));
}

} // namespace troupe::simulation
