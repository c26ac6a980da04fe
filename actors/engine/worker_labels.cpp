#include "actors/engine/worker_labels.hpp"

#include <algorithm>
#include <cctype>

namespace troupe::engine {

namespace {

constexpr auto text_bytes_max = std::size_t{128};

bool is_letter_or_digit(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

auto bad_label(std::string message) {
  return runtime::fail(runtime::problem_kind::invalid_input, std::move(message),
                       "letters and digits, with - _ . / between them, for "
                       "example gpu=true or zone=eu-1");
}

} // namespace

bool is_label_text(std::string_view text) noexcept {
  return !text.empty() && text.size() <= text_bytes_max
         && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back())
         && std::ranges::all_of(text, [](char c) {
              return is_letter_or_digit(c)
                     || std::string_view{"-_./"}.find(c)
                          != std::string_view::npos;
            });
}

runtime::outcome<void> check_label(const std::string& name,
                                   const std::string& value) {
  if (!is_label_text(name))
    return bad_label("not a name of a label: \"" + name + "\"");
  if (!is_label_text(value))
    return bad_label("not a value of the label " + name + ": \"" + value
                     + "\"");
  return {};
}

runtime::outcome<worker_labels>
read_labels(const std::vector<std::string>& texts) {
  auto labels = worker_labels{};
  for (const auto& text : texts) {
    const auto equals = std::min(text.find('='), text.size());
    const auto name = text.substr(0, equals);
    const auto value
      = equals == text.size() ? std::string{} : text.substr(equals + 1);
    auto checked = check_label(name, value);
    if (checked && labels.contains(name))
      checked = bad_label("the label " + name + " is given twice");
    if (checked && labels.size() == labels_max)
      checked
        = bad_label("more than " + std::to_string(labels_max) + " labels");
    if (!checked) {
      checked.error().key = "--label";
      return runtime::fail(std::move(checked.error()));
    }
    labels.emplace(name, value);
  }
  return labels;
}

std::string label_text(const std::string& name, const std::string& value) {
  return value.empty() ? name : name + "=" + value;
}

bool has_label(const worker_labels& worker, const std::string& name,
               const std::string& value) {
  const auto found = worker.find(name);
  return found != worker.end() && (value.empty() || found->second == value);
}

bool has_labels(const worker_labels& worker, const worker_labels& required,
                const worker_labels& excluded) {
  const auto has = [&](const auto& rule) {
    return has_label(worker, rule.first, rule.second);
  };
  return std::ranges::all_of(required, has)
         && std::ranges::none_of(excluded, has);
}

} // namespace troupe::engine
