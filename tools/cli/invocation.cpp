#include "tools/cli/invocation.hpp"

#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include <cstdio>

namespace troupe::tools {

int report(const runtime::problem& reason, output_format output) {
  const auto text = output == output_format::text
                      ? "troupe: " + runtime::render(reason)
                      : runtime::render_json(reason);
  std::fprintf(stderr, "%s\n", text.c_str());
  return static_cast<int>(reason.kind);
}

int report(const std::vector<runtime::problem>& reasons, output_format output) {
  const auto& first = reasons.front();
  if (output == output_format::text || reasons.size() == 1) {
    for (const auto& reason : reasons)
      report(reason, output);
    return static_cast<int>(first.kind);
  }
  const auto to_json = [](const runtime::problem& reason) {
    return nlohmann::ordered_json::parse(runtime::render_json(reason));
  };
  auto json = to_json(first);
  for (std::size_t i = 1; i < reasons.size(); ++i)
    json["others"].push_back(to_json(reasons[i]));
  std::fprintf(stderr, "%s\n", json.dump().c_str());
  return static_cast<int>(first.kind);
}

bool is_stdout_closed() {
  auto out = pollfd{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

void print_json(const nlohmann::ordered_json& value) {
  using policy = nlohmann::ordered_json::error_handler_t;
  std::printf("%s\n", value.dump(-1, ' ', false, policy::replace).c_str());
}

} // namespace troupe::tools
