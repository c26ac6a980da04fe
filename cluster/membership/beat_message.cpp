#include "cluster/membership/beat_message.hpp"

#include "cluster/certificates/node_name.hpp"
#include "messages/membership.pb.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace troupe::cluster {

using messages::MemberRecord;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

std::string to_bytes(const runtime::uuid& id) {
  return {id.bytes().begin(), id.bytes().end()};
}

std::optional<runtime::uuid> to_uuid(const std::string& text) {
  auto bytes = std::array<std::uint8_t, 16>{};
  if (text.size() != bytes.size())
    return std::nullopt;
  std::copy(text.begin(), text.end(), bytes.begin());
  return runtime::uuid{bytes};
}

std::uint64_t to_count(std::chrono::microseconds age) {
  return static_cast<std::uint64_t>(
    std::clamp(age, std::chrono::microseconds{0}, beat_age_max).count());
}

std::optional<std::chrono::microseconds> to_age(std::uint64_t count) {
  if (count > to_count(beat_age_max))
    return std::nullopt;
  return std::chrono::microseconds{static_cast<std::int64_t>(count)};
}

/// One more on the wire, where zero is no state.
MemberRecord::State to_message(member_state state) {
  return static_cast<MemberRecord::State>(static_cast<int>(state) + 1);
}

void write(const digest_entry& entry, MemberRecord& to) {
  to.set_name(entry.of.name);
  to.set_id(to_bytes(entry.of.id));
  to.set_incarnation(entry.of.incarnation);
  to.set_version(entry.of.version);
  to.set_state(to_message(entry.of.state));
  to.set_is_coordinator(entry.of.roles.is_coordinator);
  to.set_is_worker(entry.of.roles.is_worker);
  to.set_heard_sequence(entry.heard_sequence);
  to.set_age_us(to_count(entry.age));
  to.set_is_contradicted(entry.is_contradicted);
}

std::optional<digest_entry> read(const MemberRecord& from) {
  const auto id = to_uuid(from.id());
  const auto age = to_age(from.age_us());
  if (!id || !age || !is_node_name(from.name())
      || from.state() < MemberRecord::STATE_JOINING
      || from.state() > MemberRecord::STATE_LEFT)
    return std::nullopt;
  // Whether its numbers can be true is for `membership` to say: what one record
  // claims must not silence the node that tells of it.
  return digest_entry{.of
                      = {.name = from.name(),
                         .id = *id,
                         .incarnation = from.incarnation(),
                         .version = from.version(),
                         .state = static_cast<member_state>(from.state() - 1),
                         .roles = {.is_coordinator = from.is_coordinator(),
                                   .is_worker = from.is_worker()}},
                      .heard_sequence = from.heard_sequence(),
                      .age = *age,
                      .is_contradicted = from.is_contradicted()};
}

auto refuse(std::string reason) {
  return fail(problem_kind::invalid_input, std::move(reason),
              "are all nodes of the same build?");
}

} // namespace

std::string write_beat(const beat& what) {
  auto message = messages::MembershipBeat{};
  message.set_from(what.from);
  message.set_id(to_bytes(what.id));
  message.set_incarnation(what.incarnation);
  message.set_sequence(what.sequence);
  message.set_lateness_us(to_count(what.lateness));
  for (const auto& entry : what.digest)
    write(entry, *message.add_members());
  return message.SerializeAsString();
}

outcome<beat> read_beat(std::string_view bytes) {
  if (bytes.size() > beat_bytes_max)
    return refuse("the beat is too long");
  auto message = messages::MembershipBeat{};
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return refuse("these bytes are no beat");
  const auto id = to_uuid(message.id());
  const auto lateness = to_age(message.lateness_us());
  if (!id || !lateness || !is_node_name(message.from())
      || message.incarnation() == 0)
    return refuse("the beat does not say who sends it");
  if (static_cast<std::size_t>(message.members_size()) > beat_members_max)
    return refuse("the beat has too many members");
  auto result = beat{.from = message.from(),
                     .id = *id,
                     .incarnation = message.incarnation(),
                     .sequence = message.sequence(),
                     .lateness = *lateness,
                     .digest = {}};
  for (const auto& record : message.members()) {
    auto entry = read(record);
    if (!entry)
      return refuse("the beat has a record that can be no member");
    result.digest.push_back(std::move(*entry));
  }
  return result;
}

} // namespace troupe::cluster
