#pragma once

#include "runtime/problem.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// What a worker is, in the words of whoever set it up, or what a step asks of
/// one: values by name. In what is asked, an empty value stands for any.
using worker_labels = std::map<std::string, std::string>;

/// How many a worker has, or a step asks for, at most.
inline constexpr auto labels_max = std::size_t{64};

/// Letters, digits, and between them also `-`, `_`, `.` and `/`.
[[nodiscard]] bool is_label_text(std::string_view text) noexcept;

/// `invalid_input` if a worker cannot have that label.
[[nodiscard]] runtime::outcome<void> check_label(const std::string& name,
                                                 const std::string& value);

/// Reads "NAME=VALUE" each, as --label has them.
[[nodiscard]] runtime::outcome<worker_labels>
read_labels(const std::vector<std::string>& texts);

/// "gpu=true", or "gpu" for any value.
[[nodiscard]] std::string label_text(const std::string& name,
                                     const std::string& value);

/// Whether a worker has that label.
[[nodiscard]] bool has_label(const worker_labels& worker,
                             const std::string& name, const std::string& value);

/// Whether a worker has all that is required, and nothing that is excluded.
[[nodiscard]] bool has_labels(const worker_labels& worker,
                              const worker_labels& required,
                              const worker_labels& excluded);

} // namespace troupe::engine
