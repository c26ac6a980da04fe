#pragma once

namespace troupe::tests {

/// Whether this program has AddressSanitizer in it, which makes it ten times
/// as slow.
constexpr bool is_slowed() noexcept {
#if defined(__SANITIZE_ADDRESS__)
  return true;
#elif defined(__has_feature)
  return __has_feature(address_sanitizer); // Clang says it this way.
#else
  return false;
#endif
}

/// How many cases a test that looks at many tries: under sanitizers, which look
/// for something else, a part of them.
constexpr unsigned effort(unsigned cases) noexcept {
  constexpr auto part = 8U;
  if constexpr (!is_slowed())
    return cases;
  return cases < part ? 1 : cases / part;
}

} // namespace troupe::tests
