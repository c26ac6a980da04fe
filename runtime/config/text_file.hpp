#pragma once

#include "runtime/problem.hpp"

#include <cstddef>
#include <string>

namespace troupe::runtime {

/// A whole regular file (or what a pipe yields) of at most `bytes_max` bytes.
/// `not_found`, `denied`, `invalid_input` when it is a folder or too large,
/// `failed` when the disk fails.
[[nodiscard]] outcome<std::string> read_text_file(const std::string& path,
                                                  std::size_t bytes_max);

/// The same for a file that others may exchange while we run: one that is not
/// regular is `invalid_input` and is not waited for, as a pipe would be.
[[nodiscard]] outcome<std::string> read_regular_file(const std::string& path,
                                                     std::size_t bytes_max);

/// The same for a regular file that only its owner, we or root, may access;
/// otherwise `denied`.
[[nodiscard]] outcome<std::string> read_private_file(const std::string& path,
                                                     std::size_t bytes_max);

} // namespace troupe::runtime
