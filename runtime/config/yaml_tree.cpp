#include "runtime/config/yaml_tree.hpp"

#include "runtime/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace troupe::runtime {

namespace {

using node = yaml_tree::node;

/// Ends the parser's work from inside one of its events.
struct refusal {
  problem reason;
};

yaml_place to_place(const YAML::Mark& mark) {
  if (mark.is_null())
    return {};
  return {static_cast<std::size_t>(mark.line) + 1,
          static_cast<std::size_t>(mark.column) + 1};
}

problem make_problem(const std::string& file, yaml_place place,
                     std::string message, std::string hint = {}) {
  return {problem_kind::invalid_input,
          std::move(message),
          file,
          place.line,
          place.column,
          {},
          std::move(hint)};
}

/// Turns the parser's events into a tree and keeps the limits.
class tree_builder final : public YAML::EventHandler {
public:
  tree_builder(std::string file, const yaml_limits& limits) : limits_{limits} {
    tree_.file = std::move(file);
  }

  [[nodiscard]] yaml_tree take() && {
    if (tree_.nodes.empty())
      tree_.nodes.emplace_back(); // An empty text.
    return std::move(tree_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      refuse(to_place(mark), "more than one document in the file",
             "keep the first and remove the rest, from \"---\" on");
  }

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (expects_key())
      refuse(to_place(mark), "a key is missing");
    remember(anchor, add(yaml_kind::null, to_place(mark)));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto place = to_place(mark);
    if (expects_key())
      refuse(place, "an alias cannot be a key");
    const auto found = anchors_.find(anchor);
    // An alias within what it names would have no end.
    if (found == anchors_.end() || is_open(found->second))
      refuse(place, "an alias to something that is not a complete value");
    copy(found->second, place, open_.size());
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    const auto place = to_place(mark);
    check_tag(tag, place);
    if (expects_key()) {
      count_node(place);
      open_.back().key = value;
      open_.back().key_place = place;
      return;
    }
    const auto index = add(yaml_kind::scalar, place);
    tree_.nodes[index].text = value;
    tree_.nodes[index].quoted = tag == "!";
    remember(anchor, index);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(yaml_kind::sequence, to_place(mark), tag, anchor);
  }

  void OnSequenceEnd() override {
    open_.pop_back();
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(yaml_kind::mapping, to_place(mark), tag, anchor);
  }

  void OnMapEnd() override {
    check_duplicates(tree_.nodes[open_.back().index]);
    open_.pop_back();
  }

private:
  struct open_node {
    std::size_t index = 0;
    std::optional<std::string> key;
    yaml_place key_place;
  };

  [[noreturn]] void refuse(yaml_place place, std::string message,
                           std::string hint = {}) const {
    throw refusal{
      make_problem(tree_.file, place, std::move(message), std::move(hint))};
  }

  void check_tag(const std::string& tag, yaml_place place) const {
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(place, "tags such as " + tag + " are not supported");
  }

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && !open_.back().key
           && tree_.nodes[open_.back().index].type == yaml_kind::mapping;
  }

  [[nodiscard]] bool is_open(std::size_t index) const {
    return std::any_of(open_.begin(), open_.end(),
                       [=](const auto& each) { return each.index == index; });
  }

  void count_node(yaml_place place) {
    if (++nodes_ > limits_.nodes_max)
      refuse(place, "more than " + std::to_string(limits_.nodes_max)
                      + " values, aliases included");
  }

  void check_depth(std::size_t depth, yaml_place place) const {
    if (depth > limits_.depth_max)
      refuse(place, "nested more than " + std::to_string(limits_.depth_max)
                      + " levels deep");
  }

  /// Appends a node as the next child of `parent`.
  std::size_t append(node fresh, std::size_t parent) {
    count_node(fresh.place);
    const auto index = tree_.nodes.size();
    fresh.parent = parent;
    if (index != 0) {
      auto& siblings = tree_.nodes[parent].children;
      fresh.position = siblings.size();
      siblings.push_back(index);
    }
    tree_.nodes.push_back(std::move(fresh));
    return index;
  }

  std::size_t add(yaml_kind type, yaml_place place) {
    auto fresh = node{};
    fresh.type = type;
    fresh.place = place;
    return append(with_key(std::move(fresh)),
                  open_.empty() ? 0 : open_.back().index);
  }

  /// Gives a node the key that waits for its value, if any.
  node with_key(node fresh) {
    fresh.key.clear();
    if (!open_.empty() && open_.back().key) {
      fresh.key = std::move(*open_.back().key);
      fresh.key_place = open_.back().key_place;
      open_.back().key.reset();
    }
    return fresh;
  }

  void open(yaml_kind type, yaml_place place, const std::string& tag,
            YAML::anchor_t anchor) {
    check_tag(tag, place);
    if (expects_key())
      refuse(place, "a key must be a simple word, not a list or mapping",
             "put \"{{ ... }}\" into quotes if this is a template");
    check_depth(open_.size() + 1, place);
    const auto index = add(type, place);
    remember(anchor, index);
    open_.push_back({index, std::nullopt, {}});
  }

  void remember(YAML::anchor_t anchor, std::size_t index) {
    if (anchor != 0)
      anchors_[anchor] = index;
  }

  /// Repeats a finished value where its alias stands.
  void copy(std::size_t source, yaml_place place, std::size_t depth) {
    copy_below(source, open_.empty() ? 0 : open_.back().index,
               with_key(without_children(source)), {place, depth});
  }

  struct copy_state {
    yaml_place place;
    std::size_t depth = 0;
  };

  void copy_below(std::size_t source, std::size_t parent, node fresh,
                  copy_state state) {
    check_depth(state.depth, state.place);
    const auto index = append(std::move(fresh), parent);
    const auto children = tree_.nodes[source].children; // `nodes` grows.
    if (!children.empty())
      ++state.depth;
    for (const auto child : children)
      copy_below(child, index, without_children(child), state);
  }

  [[nodiscard]] node without_children(std::size_t source) const {
    const auto& from = tree_.nodes[source];
    return {from.type, from.quoted, from.place,     from.text, 0,
            0,         from.key,    from.key_place, {}};
  }

  void check_duplicates(const node& mapping) const {
    auto sorted = mapping.children;
    const auto by_key = [this](std::size_t left, std::size_t right) {
      const auto& a = tree_.nodes[left];
      const auto& b = tree_.nodes[right];
      return std::tie(a.key, a.position) < std::tie(b.key, b.position);
    };
    std::sort(sorted.begin(), sorted.end(), by_key);
    const auto same_key = [this](std::size_t left, std::size_t right) {
      return tree_.nodes[left].key == tree_.nodes[right].key;
    };
    const auto first
      = std::adjacent_find(sorted.begin(), sorted.end(), same_key);
    if (first == sorted.end())
      return;
    const auto& earlier = tree_.nodes[*first];
    const auto& later = tree_.nodes[*std::next(first)];
    refuse(later.key_place, "the key \"" + later.key + "\" appears twice",
           "it is already on line " + std::to_string(earlier.key_place.line));
  }

  yaml_limits limits_;
  yaml_tree tree_;
  std::vector<open_node> open_;
  std::map<YAML::anchor_t, std::size_t> anchors_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

/// What is wrong with the bytes themselves, before they are parsed.
std::optional<problem> check_bytes(std::string_view text,
                                   const std::string& file) {
  auto place = yaml_place{1, 1};
  for (auto i = std::size_t{0}; i < text.size();) {
    if (text[i] == '\0')
      return make_problem(file, place, "a NUL byte; this is not a text file");
    const auto each = first_utf8_character(text.substr(i));
    if (!each.is_valid)
      return make_problem(file, place, "not valid UTF-8",
                          "save the file with the encoding UTF-8");
    place = text[i] == '\n' ? yaml_place{place.line + 1, 1}
                            : yaml_place{place.line, place.column + 1};
    i += each.length;
  }
  return std::nullopt;
}

} // namespace

outcome<std::shared_ptr<const yaml_tree>>
build_yaml_tree(std::string_view text, const std::string& file,
                const yaml_limits& limits) {
  if (text.size() > limits.file_bytes_max)
    return fail(make_problem(
      file, {},
      "larger than " + std::to_string(limits.file_bytes_max) + " bytes"));
  if (auto wrong = check_bytes(text, file))
    return fail(std::move(*wrong));
  auto builder = tree_builder{file, limits};
  try {
    auto stream = std::istringstream{std::string{text}};
    auto parser = YAML::Parser{stream};
    while (parser.HandleNextDocument(builder)) {
      // A second document is refused by the builder, so this ends.
    }
  } catch (const refusal& refused) {
    return fail(refused.reason);
  } catch (const YAML::Exception& wrong) {
    return fail(make_problem(file, to_place(wrong.mark),
                             "not valid YAML or JSON: " + wrong.msg,
                             "check indentation, brackets and quotes up to "
                             "this line"));
  } catch (const std::exception& wrong) {
    return fail(
      make_problem(file, {}, std::string{"cannot be parsed: "} + wrong.what()));
  }
  return std::make_shared<const yaml_tree>(std::move(builder).take());
}

} // namespace troupe::runtime
