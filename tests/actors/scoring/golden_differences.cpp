#include "tests/actors/scoring/golden_differences.hpp"

#include "tests/actors/scoring/golden_portfolio.hpp"

namespace troupe::tests {

void differences::expect(const std::string& what, double actual,
                         double expected) {
  if (!is_near(actual, expected))
    add(what, actual, expected);
}

void differences::expect_exactly(const std::string& what, double actual,
                                 double expected) {
  if (actual != expected)
    add(what, actual, expected);
}

void differences::expect(bool holds, const std::string& what) {
  if (!holds && ++count_ <= lines_max)
    text_ << what << '\n';
}

std::string differences::text() const {
  return count_ == 0 ? "" : std::to_string(count_) + ":\n" + text_.str();
}

void differences::add(const std::string& what, double actual, double expected) {
  if (++count_ <= lines_max)
    text_ << what << " is " << actual << ", not " << expected << '\n';
}

void compare_json(differences& found, const std::string& path,
                  const nlohmann::json& actual,
                  const nlohmann::json& expected) {
  if (expected.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      const auto inner = path + '.' + key;
      if (actual.is_object() && actual.contains(key))
        compare_json(found, inner, actual[key], value);
      else
        found.expect(false, inner + " is absent");
    }
  } else if (expected.is_array()) {
    found.expect(actual.is_array() && actual.size() == expected.size(),
                 path + " has another size");
    for (std::size_t i = 0; i < expected.size() && i < actual.size(); ++i)
      compare_json(found, path + '[' + std::to_string(i) + ']', actual[i],
                   expected[i]);
  } else if (expected.is_number_float() && actual.is_number()) {
    if (path.find(".matrix") != std::string::npos)
      found.expect_exactly(path, actual.get<double>(), expected.get<double>());
    else
      found.expect(path, actual.get<double>(), expected.get<double>());
  } else {
    found.expect(actual == expected,
                 path + " is " + actual.dump() + ", not " + expected.dump());
  }
}

} // namespace troupe::tests
