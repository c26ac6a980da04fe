#include "cluster/membership/member.hpp"

#include "cluster/membership/planted_bug.hpp"

#include <array>
#include <limits>
#include <tuple>

namespace troupe::cluster {

namespace {

/// So that neither incarnations nor versions can overflow by counting.
constexpr auto number_max = std::numeric_limits<std::uint64_t>::max() / 2;

auto precedence(const member& of) noexcept {
  const auto finality = !is_final(of.state)              ? 0
                        : of.state == member_state::dead ? 1
                                                         : 2;
  return std::tuple{has_bug(planted_bug::ignore_incarnation) ? 0
                                                             : of.incarnation,
                    has_bug(planted_bug::ignore_finality) ? 0 : finality,
                    of.version,
                    of.state,
                    of.id,
                    of.roles};
}

} // namespace

std::string_view to_string(member_state state) noexcept {
  constexpr auto names = std::array<std::string_view, 6>{
    "joining", "alive", "draining", "suspect", "dead", "left"};
  return names.at(static_cast<std::size_t>(state));
}

std::string to_string(const node_roles& roles) {
  if (roles.is_coordinator)
    return roles.is_worker ? "coordinator+worker" : "coordinator";
  return roles.is_worker ? "worker" : "none";
}

bool is_plausible(const member& of) noexcept {
  return !of.name.empty() && of.name.size() <= member_name_length_max
         && of.incarnation > 0 && of.incarnation < number_max && of.version > 0
         && of.version < number_max && of.state <= member_state::left;
}

bool supersedes(const member& newer, const member& older) noexcept {
  return precedence(newer) > precedence(older);
}

std::string to_string(const member& of) {
  return of.name + '/' + std::to_string(of.incarnation) + '.'
         + std::to_string(of.version) + ' ' + std::string{to_string(of.state)};
}

} // namespace troupe::cluster
