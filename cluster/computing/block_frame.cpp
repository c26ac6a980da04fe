#include "cluster/computing/block_frame.hpp"

#include "cluster/computing/packed_values.hpp"
#include "messages/computing.pb.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace troupe::cluster {

using messages::column;
using messages::column_block;
using runtime::fail;
using runtime::outcome;

namespace {

constexpr auto place = std::size_t{8};

struct frame_prefix {
  std::uint32_t version = block_frame_version;
  std::uint32_t message_bytes = 0;
  std::uint32_t layout_bytes = 0;
  std::uint32_t nothing = 0;
  std::uint64_t session = 0;
};

constexpr auto prefix_bytes = sizeof(frame_prefix);
static_assert(prefix_bytes == 24);

bool is_textual(column::kind type) {
  return type == column::kind::texts || type == column::kind::blobs;
}

/// Of one value, or of one position in texts.
std::size_t width_of(column::kind type) {
  switch (type) {
    case column::kind::doubles:
    case column::kind::integers:
      return sizeof(std::int64_t);
    case column::kind::bytes:
      return sizeof(std::uint8_t);
    default:
      return sizeof(std::uint32_t);
  }
}

std::size_t padded(std::size_t bytes) {
  return (bytes + place - 1) / place * place;
}

std::string_view bytes_of(std::span<const std::byte> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size()};
}

std::string_view values_of(const column& from) {
  switch (from.type()) {
    case column::kind::doubles:
      return bytes_of(std::as_bytes(from.doubles()));
    case column::kind::integers:
      return bytes_of(std::as_bytes(from.integers()));
    case column::kind::counts:
      return bytes_of(std::as_bytes(from.counts()));
    case column::kind::bytes:
      return bytes_of(std::as_bytes(from.bytes()));
    default:
      return bytes_of(std::as_bytes(from.text_offsets()));
  }
}

std::string_view texts_of(const column& from) {
  if (!is_textual(from.type()))
    return {};
  const auto offsets = from.text_offsets();
  return from.text_characters().substr(offsets.front(),
                                       offsets.back() - offsets.front());
}

void pad(std::string& to) {
  to.append(padded(to.size()) - to.size(), '\0');
}

/// Positions count from 0 on the wire, wherever the texts were cut out.
void append_positions(std::string& to, const column& from) {
  const auto offsets = from.text_offsets();
  if (offsets.front() == 0) {
    to.append(values_of(from));
    return;
  }
  auto rebased = std::vector<std::uint32_t>(offsets.begin(), offsets.end());
  for (auto& each : rebased)
    each -= offsets.front();
  to.append(bytes_of(std::as_bytes(std::span{rebased})));
}

/// A column that has bytes.
struct written_column {
  std::size_t at = 0;
  std::optional<packed_column> packed;
};

struct planned_block {
  messages::BlockLayout layout;
  std::vector<written_column> written;
  std::size_t bytes = 0;
  std::size_t unpacked = 0; ///< What packed ones take when they are read.
};

/// From 1; 0: there is none.
std::uint32_t find_equal(const column_block& in, const column& wanted) {
  if (is_textual(wanted.type()) || wanted.size() == 0)
    return 0;
  const auto values = values_of(wanted);
  for (auto at = std::size_t{0}; at < in.size(); ++at)
    if (in[at].type() == wanted.type() && in[at].size() == wanted.size()
        && values_of(in[at]) == values)
      return static_cast<std::uint32_t>(at + 1);
  return 0;
}

/// As it is read, in the layout too.
std::size_t packed_bytes(const packed_column& packed, const column& from) {
  constexpr auto form_bytes = std::size_t{16};
  return packed_bytes(packed.form, from.type(), from.size()) + form_bytes;
}

void plan_values(planned_block& made, const column& from,
                 messages::BlockLayout::Column& to, std::size_t at) {
  const auto values = value_bytes(from);
  auto packed = std::optional<packed_column>{};
  if (made.unpacked + values <= block_frame_unpacked_bytes_max)
    packed = pack(from);
  if (packed && packed_bytes(*packed, from) > values)
    packed.reset();
  if (packed) {
    to.set_packed_bits(packed->form.bits);
    to.set_packed_base(packed->form.base);
    to.set_packed_list(packed->form.listed);
    to.set_packed_steps(packed->form.has_steps);
    made.unpacked += values;
    made.bytes += padded(packed_bytes(*packed, from));
  } else {
    made.bytes += padded(values) + padded(text_bytes(from));
  }
  to.set_text_bytes(text_bytes(from));
  made.written.push_back({at, std::move(packed)});
}

planned_block plan(const column_block& block, const kept_columns& kept,
                   const column_block& given) {
  auto made = planned_block{};
  auto seen = std::map<column_identity, std::size_t>{};
  for (auto at = std::size_t{0}; at < block.size(); ++at) {
    const auto& from = block[at];
    auto& to = *made.layout.add_columns();
    to.set_kind(static_cast<std::uint32_t>(from.type()));
    to.set_size(from.size());
    if (const auto number = kept.number_of(from); number != 0) {
      to.set_kept(number);
      continue;
    }
    if (const auto number = find_equal(given, from); number != 0) {
      to.set_given(number);
      continue;
    }
    const auto [known, is_new] = seen.try_emplace(identity_of(from), at + 1);
    if (!is_new && from.size() != 0) {
      to.set_same_as(static_cast<std::uint32_t>(known->second));
      continue;
    }
    plan_values(made, from, to, at);
  }
  return made;
}

// -- reading -----------------------------------------------------------------

auto broken(const std::string& what) {
  return fail(runtime::problem_kind::invalid_input,
              "a block of another node " + what,
              "run the same version on all nodes");
}

std::optional<frame_prefix> read_prefix(std::string_view body) {
  if (body.size() < prefix_bytes)
    return std::nullopt;
  auto prefix = frame_prefix{};
  std::memcpy(&prefix, body.data(), prefix_bytes);
  return prefix;
}

/// What is left of the columns.
class column_reader {
public:
  column_reader(std::string_view bytes, std::shared_ptr<const void> owner)
    : bytes_{bytes}, owner_{std::move(owner)} {}

  outcome<column> read(const messages::BlockLayout::Column& what) {
    const auto type = static_cast<column::kind>(what.kind());
    if (what.kind() < static_cast<std::uint32_t>(column::kind::doubles)
        || what.kind() > static_cast<std::uint32_t>(column::kind::blobs))
      return broken("has a column of a kind that nobody knows");
    if (what.has_packed_bits())
      return read_packed(type, what);
    const auto count = what.size() + (is_textual(type) ? 1 : 0);
    // Before anything is multiplied.
    if (count < what.size() || count > bytes_.size())
      return broken("has less values than it says");
    const auto values = take(count * width_of(type));
    const auto texts
      = is_textual(type) ? take(what.text_bytes()) : std::string_view{};
    if (!values || !texts)
      return broken("has less values than it says");
    switch (type) {
      case column::kind::doubles:
        return column::borrow(as<double>(*values, count), owner_);
      case column::kind::integers:
        return column::borrow(as<std::int64_t>(*values, count), owner_);
      case column::kind::counts:
        return column::borrow(as<std::uint32_t>(*values, count), owner_);
      case column::kind::bytes:
        return column::borrow(as<std::uint8_t>(*values, count), owner_);
      default:
        return read_texts(type, as<std::uint32_t>(*values, count), *texts);
    }
  }

  [[nodiscard]] bool is_empty() const noexcept {
    return bytes_.empty();
  }

private:
  std::optional<std::string_view> take(std::uint64_t size) {
    if (size > bytes_.size() || padded(size) > bytes_.size())
      return std::nullopt;
    const auto taken = bytes_.substr(0, size);
    bytes_.remove_prefix(padded(size));
    return taken;
  }

  outcome<column> read_packed(column::kind type,
                              const messages::BlockLayout::Column& what) {
    const auto form = packed_form{what.packed_bits(), what.packed_base(),
                                  what.packed_list(), what.packed_steps()};
    if (!is_form_of(form, type))
      return broken("has packed values that nobody can unpack");
    // Before anything is multiplied.
    if (what.size() > unpackable_ / width_of(type))
      return broken("has more packed values than anybody sends");
    const auto values = take(packed_bytes(form, type, what.size()));
    if (!values)
      return broken("has less values than it says");
    unpackable_ -= what.size() * width_of(type);
    auto unpacked = unpack(type, what.size(), form, *values);
    if (!unpacked)
      return broken("has packed values that are none of its list");
    return std::move(*unpacked);
  }

  template <class Value>
  static std::span<const Value> as(std::string_view values, std::size_t count) {
    return {reinterpret_cast<const Value*>(values.data()), count};
  }

  outcome<column> read_texts(column::kind type,
                             std::span<const std::uint32_t> positions,
                             std::string_view texts) const {
    auto last = std::uint32_t{0};
    for (const auto each : positions) {
      if (each < last)
        return broken("has texts out of order");
      last = each;
    }
    if (positions.front() != 0 || last != texts.size())
      return broken("has texts of other bytes than it says");
    if (type == column::kind::texts)
      return column::borrow(positions, texts, owner_);
    return column::blobs({positions.begin(), positions.end()},
                         std::string{texts});
  }

  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
  /// Bytes that packed columns may still take.
  std::size_t unpackable_ = block_frame_unpacked_bytes_max;
};

outcome<column_block> read_columns(const messages::BlockLayout& layout,
                                   column_reader from, const kept_columns& kept,
                                   const column_block& given) {
  auto columns = std::vector<column>{};
  columns.reserve(static_cast<std::size_t>(layout.columns_size()));
  for (const auto& each : layout.columns()) {
    if (each.kept() != 0) {
      const auto* known = kept.find(each.kept());
      if (known == nullptr)
        return broken("has a column that nobody keeps");
      columns.push_back(*known);
      continue;
    }
    if (each.given() != 0) {
      if (each.given() > given.size())
        return broken("has a column that was not given");
      columns.push_back(given[each.given() - 1]);
      continue;
    }
    if (each.same_as() != 0) {
      if (each.same_as() > columns.size())
        return broken("repeats a column that it does not have");
      const auto& same = columns[each.same_as() - 1];
      columns.push_back(column{same});
      continue;
    }
    auto read = from.read(each);
    if (!read)
      return fail(read.error());
    columns.push_back(std::move(*read));
  }
  if (!from.is_empty())
    return broken("has more bytes than columns");
  return column_block{std::move(columns)};
}

} // namespace

std::string write_frame(std::uint64_t session, std::string_view message,
                        const column_block& block, const kept_columns& kept,
                        const column_block& given) {
  const auto planned = plan(block, kept, given);
  const auto layout = planned.layout.SerializeAsString();
  auto prefix = frame_prefix{};
  prefix.message_bytes = static_cast<std::uint32_t>(message.size());
  prefix.layout_bytes = static_cast<std::uint32_t>(layout.size());
  prefix.session = session;
  auto to = std::string{};
  to.reserve(padded(prefix_bytes + message.size() + layout.size())
             + planned.bytes);
  to.append(bytes_of(std::as_bytes(std::span{&prefix, 1})));
  to.append(message);
  to.append(layout);
  pad(to);
  for (const auto& [at, packed] : planned.written) {
    const auto& from = block[at];
    if (packed)
      append_packed(to, from, *packed);
    else if (is_textual(from.type()))
      append_positions(to, from);
    else
      to.append(values_of(from));
    pad(to);
    to.append(texts_of(from));
    pad(to);
  }
  return to;
}

std::uint64_t session_of_frame(std::string_view body) {
  const auto prefix = read_prefix(body);
  return prefix ? prefix->session : 0;
}

outcome<block_frame> read_frame(std::string_view body,
                                const std::shared_ptr<const void>& owner,
                                const kept_columns& kept,
                                const column_block& given) {
  const auto prefix = read_prefix(body);
  if (!prefix)
    return broken("is cut off");
  if (prefix->version != block_frame_version || prefix->nothing != 0)
    return broken("is of version " + std::to_string(prefix->version)
                  + " instead of " + std::to_string(block_frame_version));
  const auto layout_at = prefix_bytes + std::size_t{prefix->message_bytes};
  const auto head = layout_at + prefix->layout_bytes;
  if (padded(head) > body.size())
    return broken("is cut off");
  auto layout = messages::BlockLayout{};
  if (head > std::numeric_limits<int>::max()
      || !layout.ParseFromArray(body.data() + layout_at,
                                static_cast<int>(prefix->layout_bytes)))
    return broken("does not say what it has");
  if (static_cast<std::size_t>(layout.columns_size()) > block_frame_columns_max)
    return broken("has too many columns");
  auto columns = body.substr(padded(head));
  auto keeper = owner;
  // Bytes that came in another way than ours may lie anywhere.
  if (reinterpret_cast<std::uintptr_t>(columns.data()) % place != 0) {
    const auto copy = std::make_shared<const std::string>(columns);
    columns = *copy;
    keeper = copy;
  }
  auto block = read_columns(layout, {columns, std::move(keeper)}, kept, given);
  if (!block)
    return fail(block.error());
  return block_frame{prefix->session,
                     body.substr(prefix_bytes, prefix->message_bytes),
                     std::move(*block)};
}

} // namespace troupe::cluster
