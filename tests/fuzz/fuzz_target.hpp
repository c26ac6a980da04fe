#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What every target defines: takes any bytes, and returns 0 or ends the
/// program. libFuzzer calls it, and so does fuzz_driver.cpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace troupe::tests {

/// Ends the program if it does not hold; whoever called keeps the input.
inline void promise(bool holds, const char* what) {
  if (holds)
    return;
  static_cast<void>(std::fprintf(stderr, "broken promise: %s\n", what));
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes the text before a separator away, and the separator; all of it if
/// there is none.
inline std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return taken;
}

/// What a reader of a file says is wrong has to be something.
template <class Problems>
void promise_reasons(const Problems& reasons) {
  promise(!reasons.empty(), "who refuses says why");
  for (const auto& reason : reasons)
    promise(!reason.message.empty(), "a problem has a message");
}

} // namespace troupe::tests
