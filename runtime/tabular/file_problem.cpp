#include "runtime/tabular/file_problem.hpp"

#include <cerrno>
#include <system_error>

namespace troupe::runtime {

problem file_problem(int error, std::string file) {
  auto reason = problem{};
  reason.message = std::generic_category().message(error);
  reason.file = std::move(file);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      reason.kind = problem_kind::not_found;
      reason.hint = "check the spelling of the path and that its folder exists";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      reason.kind = problem_kind::denied;
      reason.hint = "check the permissions of the file and of its folder";
      break;
    case EISDIR:
      reason.kind = problem_kind::invalid_input;
      reason.hint = "name a file, not a folder";
      break;
    case ENOSPC:
    case EDQUOT:
      reason.kind = problem_kind::unavailable;
      reason.hint = "make room on the disk, then try again";
      break;
    case EMFILE:
    case ENFILE:
      reason.kind = problem_kind::unavailable;
      reason.hint = "raise the limit of open files (ulimit -n)";
      break;
    case EEXIST:
      reason.kind = problem_kind::invalid_input;
      reason.hint = "there is something else of that name: choose another";
      break;
    case ENAMETOOLONG:
    case EINVAL:
      reason.kind = problem_kind::invalid_input;
      reason.hint = "choose a shorter or simpler name";
      break;
    default:
      reason.kind = problem_kind::failed;
      reason.hint = "check the disk, or use another place";
  }
  return reason;
}

} // namespace troupe::runtime
