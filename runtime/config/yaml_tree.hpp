#pragma once

#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// A place in a file, 1-based.
struct yaml_place {
  std::size_t line = 0;
  std::size_t column = 0;
};

/// A whole document as flat data; the root is node 0.
struct yaml_tree {
  struct node {
    yaml_kind type = yaml_kind::null;
    /// Written in quotes, hence text whatever it looks like.
    bool quoted = false;
    yaml_place place;
    std::string text;
    /// The root is its own parent.
    std::size_t parent = 0;
    /// Position within the parent; its key if that is a mapping.
    std::size_t position = 0;
    std::string key;
    yaml_place key_place;
    std::vector<std::size_t> children;
  };

  std::string file;
  std::vector<node> nodes;
};

/// Reads a text within limits; see `yaml_document`.
[[nodiscard]] outcome<std::shared_ptr<const yaml_tree>>
build_yaml_tree(std::string_view text, const std::string& file,
                const yaml_limits& limits);

} // namespace troupe::runtime
