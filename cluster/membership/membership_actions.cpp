#include "cluster/membership/membership_actions.hpp"

#include <array>
#include <cstddef>

namespace troupe::cluster {

namespace {

struct action_printer {
  std::string operator()(const send_beat& sent) const {
    auto text = "beat #" + std::to_string(sent.what.sequence) + " to ";
    for (const auto& name : sent.to)
      text += (&name == &sent.to.front() ? "" : ", ") + name;
    return text;
  }

  std::string operator()(const member_event& event) const {
    return std::string{to_string(event.kind)} + ' ' + to_string(event.of);
  }

  std::string operator()(const own_notice& notice) const {
    auto text = std::string{to_string(notice.kind)};
    if (notice.kind == own_notice_kind::was_absent)
      text += ' ' + std::to_string(notice.lateness.count() / 1'000) + " ms";
    return text;
  }

  std::string operator()(const need_incarnation& need) const {
    return "need incarnation above " + std::to_string(need.above);
  }
};

} // namespace

std::string_view to_string(member_event_kind kind) noexcept {
  constexpr auto names = std::array<std::string_view, 7>{
    "up", "suspect", "trusted", "draining", "resumed", "down", "left"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(own_notice_kind kind) noexcept {
  constexpr auto names = std::array<std::string_view, 7>{
    "was absent",    "step down",        "renewed",          "renewed afresh",
    "stopped: left", "stopped: removed", "stopped: replaced"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string to_string(const membership_action& action) {
  return std::visit(action_printer{}, action);
}

} // namespace troupe::cluster
