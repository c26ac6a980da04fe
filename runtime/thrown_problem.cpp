#include "runtime/thrown_problem.hpp"

#include <new>
#include <utility>

namespace troupe::runtime {

problem describe_thrown(const std::exception_ptr& thrown,
                        std::string memory_hint) {
  auto reason = problem{};
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    reason.kind = problem_kind::unavailable;
    reason.message = "out of memory";
    reason.hint = std::move(memory_hint);
  } catch (const std::exception& error) {
    reason.message = std::string{"internal error: "} + error.what();
  } catch (...) {
    reason.message = "internal error";
  }
  return reason;
}

} // namespace troupe::runtime
