#include "tools/cli/invocation.hpp"

#include <cstdio>

namespace troupe::tools {

int report(const runtime::problem& reason, output_format output) {
  const auto text = output == output_format::text
                      ? "troupe: " + runtime::render(reason)
                      : runtime::render_json(reason);
  std::fprintf(stderr, "%s\n", text.c_str());
  return static_cast<int>(reason.kind);
}

void print_json(const std::string& json) {
  std::printf("%s\n", json.c_str());
}

} // namespace troupe::tools
