#pragma once

#include "runtime/problem.hpp"

#include <google/protobuf/message.h>

namespace troupe::engine {

/// Whether all texts of a command, at any depth, are UTF-8. Others would be
/// stored, but a history that has one cannot be read again. `invalid_input`
/// with the name of the field.
[[nodiscard]] runtime::outcome<void>
check_texts(const google::protobuf::Message& command);

} // namespace troupe::engine
