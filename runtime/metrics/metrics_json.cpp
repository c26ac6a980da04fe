#include "runtime/metrics/metrics.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace troupe::runtime {

namespace {

using json = nlohmann::ordered_json;

std::string_view to_string(metric_kind kind) {
  switch (kind) {
    case metric_kind::counter:
      return "counter";
    case metric_kind::gauge:
      return "gauge";
    case metric_kind::histogram:
      return "histogram";
  }
  return "gauge";
}

json to_json(double value) {
  if (std::isnan(value))
    return "NaN";
  if (std::isinf(value))
    return value > 0.0 ? "+Inf" : "-Inf";
  return value;
}

json to_json(const metric_sample& sample) {
  auto labels = json::object();
  for (const auto& [name, value] : sample.labels)
    labels[name] = value;
  auto object = json::object();
  object["name"] = sample.name;
  object["kind"] = to_string(sample.kind);
  object["labels"] = std::move(labels);
  if (sample.kind != metric_kind::histogram) {
    object["value"] = to_json(sample.value);
    return object;
  }
  object["sum"] = to_json(sample.value);
  object["count"] = sample.count;
  auto buckets = json::array();
  for (const auto& [upper_bound, count] : sample.buckets) {
    auto bucket = json::object();
    bucket["le"] = to_json(upper_bound);
    bucket["count"] = count;
    buckets.push_back(std::move(bucket));
  }
  object["buckets"] = std::move(buckets);
  return object;
}

} // namespace

std::string render_json(const std::vector<metric_sample>& samples) {
  auto array = json::array();
  for (const auto& sample : samples)
    array.push_back(to_json(sample));
  return array.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace troupe::runtime
