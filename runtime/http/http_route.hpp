#pragma once

#include "runtime/http/http_message.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// What a request asks for, decoded.
struct http_target {
  std::vector<std::string> segments; ///< Of "/v1/runs/7": v1, runs, 7.
  std::map<std::string, std::string> query;
};

/// Reads "/v1/runs/7?limit=3". `invalid_input`: a broken %XX, a control
/// character, or a name that is there twice.
[[nodiscard]] outcome<http_target> parse_target(std::string_view target);

/// What is asked for and how: GET /v1/runs/{run}. A segment in braces stands
/// for any one segment.
struct http_route {
  http_method method = http_method::get;
  std::string path;
};

/// What was found for a target.
struct route_match {
  /// Which route; the number of routes if there is none.
  std::size_t index = 0;
  /// What stands in the place of each name in braces.
  std::map<std::string, std::string> names;
  /// The methods there are for the path; empty: there is no such path.
  std::vector<http_method> methods;
};

/// The first route that fits; HEAD is served as GET.
[[nodiscard]] route_match find_route(const std::vector<http_route>& routes,
                                     http_method method,
                                     const http_target& target);

} // namespace troupe::runtime
