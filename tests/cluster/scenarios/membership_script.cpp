#include "tests/cluster/scenarios/membership_script.hpp"

#include <array>
#include <stdexcept>

namespace troupe::tests {

using namespace std::chrono_literals;
using namespace troupe::cluster;

namespace {

using script_time = membership::time_point;

constexpr auto script_start = script_time{1000s};

template <class Value>
Value next(std::istringstream& words) {
  auto value = Value{};
  if (!(words >> value))
    throw std::runtime_error{"too few words in: " + words.str()};
  return value;
}

script_time next_time(std::istringstream& words) {
  return script_start + std::chrono::milliseconds{next<std::int64_t>(words)};
}

std::string since_start(script_time at) {
  return std::to_string((at - script_start) / 1ms);
}

runtime::uuid id_of(const std::string& name, std::uint8_t process) {
  return runtime::uuid{{static_cast<std::uint8_t>(name.front()), process}};
}

member_state state_of(const std::string& word) {
  for (auto i = 0; i <= static_cast<int>(member_state::left); ++i)
    if (to_string(static_cast<member_state>(i)) == word)
      return static_cast<member_state>(i);
  throw std::runtime_error{"no state: " + word};
}

/// "b/1.2 alive".
member next_member(std::istringstream& words) {
  const auto word = next<std::string>(words);
  const auto slash = word.find('/');
  const auto point = word.find('.');
  if (slash == std::string::npos || point == std::string::npos)
    throw std::runtime_error{"no NAME/INCARNATION.VERSION: " + word};
  const auto name = word.substr(0, slash);
  return {.name = name,
          .id = id_of(name, 0),
          .incarnation = std::stoull(word.substr(slash + 1)),
          .version = std::stoull(word.substr(point + 1)),
          .state = state_of(next<std::string>(words)),
          .roles = {.is_coordinator = false, .is_worker = true}};
}

/// Members with what is known of them, each after "knows".
std::vector<digest_entry> next_digest(std::istringstream& words) {
  auto digest = std::vector<digest_entry>{};
  for (auto word = std::string{}; words >> word;) {
    if (word == "knows")
      digest.push_back({.of = next_member(words)});
    else if (digest.empty())
      throw std::runtime_error{"knows what? " + words.str()};
    else if (word == "heard")
      digest.back().heard_sequence = next<std::uint64_t>(words);
    else if (word == "age")
      digest.back().age = std::chrono::milliseconds{next<std::int64_t>(words)};
    else if (word == "contradicted")
      digest.back().is_contradicted = true;
    else if (word == "process") // Another one of the same name.
      digest.back().of.id
        = id_of(digest.back().of.name,
                static_cast<std::uint8_t>(next<unsigned>(words)));
    else
      throw std::runtime_error{"no such word: " + word};
  }
  return digest;
}

} // namespace

std::vector<std::string>
membership_script::perform(const std::string& command) {
  auto words = std::istringstream{command};
  const auto verb = next<std::string>(words);
  if (verb == "set")
    return set(words);
  if (verb == "start") {
    start(words);
    return {};
  }
  if (!node_)
    throw std::runtime_error{"no node yet: " + command};
  if (verb == "tick")
    return tick(words);
  if (verb == "beat")
    return receive(words);
  if (verb == "beats")
    return receive_many(words);
  if (verb == "gossip")
    return gossip(words);
  if (verb == "remove")
    return remove(words);
  if (verb == "link_lost") {
    const auto name = next<std::string>(words);
    const auto at = next_time(words);
    return print(node_->link_lost(name, at), at);
  }
  if (verb == "incarnation") {
    const auto number = next<std::uint64_t>(words);
    const auto at = next_time(words);
    return print(node_->take_incarnation(number, at), at);
  }
  const auto at = next_time(words);
  if (verb == "show")
    return show(at);
  if (verb == "drain")
    return print(node_->drain(at), at);
  if (verb == "undrain")
    return print(node_->undrain(at), at);
  if (verb == "leave")
    return print(node_->leave(at), at);
  throw std::runtime_error{"no such command: " + command};
}

void membership_script::start(std::istringstream& words) {
  const auto self = next_member(words);
  const auto at = next_time(words);
  auto peers = std::vector<std::string>{};
  for (auto word = std::string{}; words >> word;)
    if (word != "peers")
      peers.push_back(word);
  node_.emplace(own_node{.name = self.name,
                         .id = self.id,
                         .incarnation = self.incarnation,
                         .roles = {.is_coordinator = true, .is_worker = true}},
                peers, options_, at);
}

std::vector<std::string> membership_script::tick(std::istringstream& words) {
  auto at = next_time(words);
  auto last = at;
  if (auto word = std::string{}; words >> word)
    last = next_time(words); // "tick 100 to 900"
  auto printed = std::vector<std::string>{};
  for (; at <= last; at += options_.ticks.interval)
    for (auto& line : print(node_->tick(at), at))
      printed.push_back(std::move(line));
  return printed;
}

std::vector<std::string> membership_script::receive(std::istringstream& words) {
  const auto sender = next_member(words);
  const auto sequence = next<std::uint64_t>(words);
  const auto at = next_time(words);
  auto arrived = beat{.from = sender.name,
                      .id = sender.id,
                      .incarnation = sender.incarnation,
                      .sequence = sequence,
                      .digest = {}};
  const auto before = words.tellg();
  if (auto word = std::string{}; words >> word && word == "late")
    arrived.lateness = std::chrono::milliseconds{next<std::int64_t>(words)};
  else if (!word.empty())
    words.seekg(before);
  arrived.digest = next_digest(words);
  arrived.digest.push_back({.of = sender, .heard_sequence = sequence});
  return print(node_->receive(arrived, at), at);
}

std::vector<std::string>
membership_script::receive_many(std::istringstream& words) {
  const auto sender = next_member(words);
  auto sequence = next<std::uint64_t>(words);
  auto at = next_time(words);
  next<std::string>(words); // "to"
  const auto last = next_time(words);
  auto printed = std::vector<std::string>{};
  for (auto is_beat = true; at <= last; at += 100ms, is_beat = !is_beat) {
    auto arrived = beat{.from = sender.name,
                        .id = sender.id,
                        .incarnation = sender.incarnation,
                        .sequence = sequence,
                        .digest = {}};
    arrived.digest = {{.of = sender, .heard_sequence = sequence}};
    sequence += is_beat ? 1 : 0;
    for (auto& line :
         print(is_beat ? node_->receive(arrived, at) : node_->tick(at), at))
      printed.push_back(std::move(line));
  }
  return printed;
}

std::vector<std::string> membership_script::gossip(std::istringstream& words) {
  const auto at = next_time(words);
  return print(node_->receive_gossip(next_digest(words), at), at);
}

std::vector<std::string> membership_script::remove(std::istringstream& words) {
  const auto name = next<std::string>(words);
  const auto at = next_time(words);
  const auto done = node_->remove(name, at);
  return done
           ? print(*done, at)
           : std::vector{since_start(at) + " refused: " + done.error().message};
}

std::vector<std::string> membership_script::set(std::istringstream& words) {
  const auto what = next<std::string>(words);
  const auto value = next<std::int64_t>(words);
  if (what == "beats")
    shows_beats_ = value != 0;
  else if (what == "tombstone_time")
    options_.table.tombstone_time = std::chrono::milliseconds{value};
  else if (what == "tombstones_max")
    options_.table.tombstones_max = static_cast<std::size_t>(value);
  else if (what == "members_max")
    options_.table.members_max = static_cast<std::size_t>(value);
  else
    throw std::runtime_error{"no such option: " + what};
  return {};
}

std::vector<std::string> membership_script::show(time_point now) const {
  auto printed = std::vector<std::string>{};
  for (const auto& of : node_->table().members())
    printed.push_back("  " + to_string(of));
  if (!node_->is_safe(now))
    printed.emplace_back("  not safe");
  return printed;
}

std::vector<std::string>
membership_script::print(const membership_actions& actions,
                         time_point now) const {
  auto printed = std::vector<std::string>{};
  for (const auto& action : actions)
    if (shows_beats_ || !std::holds_alternative<send_beat>(action))
      printed.push_back(since_start(now) + ' ' + to_string(action));
  return printed;
}

} // namespace troupe::tests
