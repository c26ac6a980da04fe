#pragma once

namespace troupe::tests {

/// How many cases a test that looks at many tries: under sanitizers, which take
/// ten times as long for each and look for something else, a part of them.
constexpr unsigned effort(unsigned cases) noexcept {
#ifdef __SANITIZE_ADDRESS__
  constexpr auto part = 8U;
  return cases < part ? 1 : cases / part;
#else
  return cases;
#endif
}

} // namespace troupe::tests
