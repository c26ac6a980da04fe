#include "runtime/config/mapping_reader.hpp"

namespace troupe::runtime {

mapping_reader::mapping_reader(yaml_value mapping,
                               std::vector<problem>& problems)
  : mapping_{std::move(mapping)}, problems_{&problems} {
  if (mapping_.is_null() || mapping_.type() == yaml_kind::mapping)
    return;
  is_mapping_ = false;
  problems_->push_back(mapping_.entries().error());
}

std::optional<yaml_value> mapping_reader::take(std::string_view key) {
  known_.emplace_back(key);
  auto value = mapping_.find(key);
  if (value && value->is_null())
    value.reset();
  return value;
}

void mapping_reader::finish() {
  const auto known
    = std::vector<std::string_view>{known_.begin(), known_.end()};
  for (auto& wrong : mapping_.unknown_keys(known))
    problems_->push_back(std::move(wrong));
}

void mapping_reader::report_missing(std::string_view key) {
  if (is_mapping_)
    problems_->push_back(
      mapping_.error("the key \"" + std::string{key} + "\" is missing"));
}

} // namespace troupe::runtime
