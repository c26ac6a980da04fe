#include "runtime/process/process_request.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace troupe::runtime {

namespace {

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

tl::unexpected<problem> refuse(std::string message, std::string key) {
  auto reason = problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.key = std::move(key);
  return fail(std::move(reason));
}

bool is_regular_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

/// Relative to the folder of the program, as the program would see it.
std::string seen_from(const std::string& folder, std::string path) {
  if (folder.empty() || path.starts_with('/'))
    return path;
  return folder + "/" + path;
}

} // namespace

outcome<void> check(const process_request& request) {
  if (request.argv.empty() || request.argv.front().empty())
    return refuse("there is no program to run", "argv");
  for (std::size_t i = 0; i < request.argv.size(); ++i)
    if (has_nul(request.argv[i]))
      return refuse("an argument with a NUL character",
                    "argv[" + std::to_string(i) + "]");
  if (has_nul(request.folder))
    return refuse("a folder with a NUL character", "cwd");
  for (const auto& [name, value] : request.environment) {
    if (name.empty() || has_nul(name) || name.find('=') != std::string::npos)
      return refuse("not a name of a variable", "env");
    if (has_nul(value))
      return refuse("a variable with a NUL character", "env." + name);
  }
  return {};
}

outcome<std::string> find_program(const process_request& request) {
  const auto& name = request.argv.front();
  if (name.find('/') != std::string::npos)
    return name;
  const auto path = request.environment.find("PATH");
  if (path == request.environment.end() || path->second.empty())
    return fail(problem_kind::not_found, "program \"" + name + "\" not found",
                "its environment has no PATH; give one, or the full path");
  auto unusable = std::string{};
  for (auto rest = std::string_view{path->second};;) {
    const auto end = std::min(rest.find(':'), rest.size());
    // An empty part is the folder itself (POSIX, XBD 8.3).
    const auto place = end == 0 ? "." : std::string{rest.substr(0, end)};
    const auto file = place + "/" + name;
    const auto seen = seen_from(request.folder, file);
    if (is_regular_file(seen)) {
      if (::access(seen.c_str(), X_OK) == 0)
        return file;
      unusable = seen;
    }
    if (end == rest.size())
      break;
    rest.remove_prefix(end + 1);
  }
  if (!unusable.empty())
    return fail(problem_kind::denied, unusable + " may not be executed",
                "chmod +x " + unusable);
  return fail(problem_kind::not_found, "program \"" + name + "\" not found",
              "looked in PATH " + path->second
                + "; install it, or give the full path");
}

} // namespace troupe::runtime
