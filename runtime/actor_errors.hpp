#pragma once

#include "runtime/problem.hpp"

#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/message.hpp>

#include <cstdint>
#include <string>

/// Lets an error be compared with a kind (`reason == problem_kind::timeout`)
/// and be made from one.
CAF_ERROR_CODE_ENUM(troupe::runtime::problem_kind, "troupe")

namespace troupe::runtime {

/// A problem as an error that survives the wire with all its fields.
[[nodiscard]] caf::error to_error(const problem& reason);

/// What an error means to a person. Understands the errors of `to_error`, those
/// of the store, and those of CAF: silence is a `timeout`, an absent receiver
/// is `unavailable`, a requested exit is `interrupted`; anything else is
/// `failed`, with the text that `system` has for it.
[[nodiscard]] problem to_problem(const caf::error& error,
                                 const caf::actor_system& system);

/// The same where no system is at hand; errors of other categories have no text
/// of their own then.
[[nodiscard]] problem to_problem(const caf::error& error);

/// The text of an error of the category "troupe", for `add_error_category`.
[[nodiscard]] std::string render_problem(std::uint8_t code, caf::atom_value,
                                         const caf::message& context);

} // namespace troupe::runtime
