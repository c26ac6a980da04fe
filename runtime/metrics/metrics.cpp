#include "runtime/metrics/metrics.hpp"

#include "runtime/utf8.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr auto buckets_max = std::size_t{64};
constexpr auto names_max = std::size_t{16};

bool is_word(std::string_view text) {
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z'
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || c == '_';
            });
}

outcome<void> refuse(const metric_spec& spec, const std::string& why) {
  return fail(problem_kind::invalid_input, "metric " + spec.name + ": " + why);
}

outcome<void> check_spec(const metric_spec& spec, metric_kind kind) {
  const auto name = std::string_view{spec.name};
  const auto is_ours
    = name.starts_with("troupe_") || name.starts_with("process_");
  if (!is_word(name) || !is_ours)
    return refuse(spec, "the name must be like troupe_subsystem_what_unit");
  if ((kind == metric_kind::counter) != name.ends_with("_total"))
    return refuse(spec, "names of counters, and only these, end with _total");
  if (spec.help.empty())
    return refuse(spec, "the help text is missing");
  auto names = std::set<std::string_view>{};
  for (const auto& label : spec.label_names)
    if (!is_word(label) || label == "le" || !names.insert(label).second)
      return refuse(spec, "\"" + label + "\" cannot be the name of a label");
  if (names.size() > names_max)
    return refuse(spec, "too many labels");
  return {};
}

outcome<void> check_buckets(const metric_spec& spec,
                            const std::vector<double>& buckets) {
  const auto is_finite = [](double bound) { return std::isfinite(bound); };
  if (buckets.empty() || buckets.size() > buckets_max
      || !std::all_of(buckets.begin(), buckets.end(), is_finite)
      || std::adjacent_find(buckets.begin(), buckets.end(),
                            std::greater_equal<>{})
           != buckets.end())
    return refuse(spec, "buckets must be 1 to 64 numbers in rising order");
  return {};
}

/// A value that may appear in the output: short, printable, UTF-8.
bool is_proper_value(std::string_view value) {
  return value.size() <= metrics_registry::label_value_bytes_max
         && is_valid_utf8(value)
         && std::none_of(value.begin(), value.end(), [](char c) {
              return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
            });
}

metric_sample to_sample(const prometheus::MetricFamily& family,
                        const prometheus::ClientMetric& metric) {
  auto sample = metric_sample{};
  sample.name = family.name;
  for (const auto& label : metric.label)
    sample.labels.emplace_back(label.name, label.value);
  switch (family.type) {
    case prometheus::MetricType::Counter:
      sample.kind = metric_kind::counter;
      sample.value = metric.counter.value;
      break;
    case prometheus::MetricType::Histogram:
      sample.kind = metric_kind::histogram;
      sample.value = metric.histogram.sample_sum;
      sample.count = metric.histogram.sample_count;
      for (const auto& bucket : metric.histogram.bucket)
        sample.buckets.push_back({bucket.upper_bound, bucket.cumulative_count});
      break;
    default:
      sample.kind = metric_kind::gauge;
      sample.value = metric.gauge.value;
  }
  return sample;
}

} // namespace

struct metrics_registry::contents {
  /// One declared metric and its series.
  struct entry {
    metric_kind kind = metric_kind::counter;
    metric_spec spec;
    std::vector<double> buckets;
    prometheus::Family<prometheus::Counter>* counters = nullptr;
    prometheus::Family<prometheus::Gauge>* gauges = nullptr;
    prometheus::Family<prometheus::Histogram>* histograms = nullptr;
    std::set<std::vector<std::string>> label_sets;
  };

  contents(std::size_t sets_max, prometheus::Labels labels)
    : label_sets_max{sets_max}, constant_labels{std::move(labels)} {}

  const std::size_t label_sets_max;
  const prometheus::Labels constant_labels;
  prometheus::Registry registry;
  std::mutex guard;
  std::map<std::string, entry> entries;
  counter refused;

  /// The entry of a declaration, new or not. `guard` is held.
  outcome<entry*> declare(const metric_spec& spec, metric_kind kind,
                          const std::vector<double>& buckets) {
    const auto found = entries.find(spec.name);
    if (found != entries.end()) {
      const auto& known = found->second;
      if (known.kind == kind && known.spec.label_names == spec.label_names
          && known.buckets == buckets)
        return &found->second;
      return fail(problem_kind::conflict,
                  "metric " + spec.name + " is already declared differently");
    }
    if (const auto checked = check_spec(spec, kind); !checked)
      return fail(checked.error());
    auto fresh = entry{};
    fresh.kind = kind;
    fresh.spec = spec;
    fresh.buckets = buckets;
    add_family(fresh);
    return &entries.emplace(spec.name, std::move(fresh)).first->second;
  }

  void add_family(entry& fresh) {
    const auto build = [&](auto builder) {
      return &builder.Name(fresh.spec.name)
                .Help(fresh.spec.help)
                .Labels(constant_labels)
                .Register(registry);
    };
    switch (fresh.kind) {
      case metric_kind::counter:
        fresh.counters = build(prometheus::BuildCounter());
        break;
      case metric_kind::gauge:
        fresh.gauges = build(prometheus::BuildGauge());
        break;
      case metric_kind::histogram:
        fresh.histograms = build(prometheus::BuildHistogram());
        break;
    }
  }

  /// The labels of a series, if there may be one. `guard` is held.
  std::optional<prometheus::Labels>
  admit(entry& metric, const std::vector<std::string>& label_values) const {
    const auto is_known = metric.label_sets.contains(label_values);
    if (!is_known) {
      const auto is_proper
        = label_values.size() == metric.spec.label_names.size()
          && std::all_of(label_values.begin(), label_values.end(),
                         is_proper_value);
      if (!is_proper || metric.label_sets.size() >= label_sets_max) {
        refused.increment();
        return std::nullopt;
      }
      metric.label_sets.insert(label_values);
    }
    return labels_of(metric, label_values);
  }

  static prometheus::Labels labels_of(const entry& metric,
                                      const std::vector<std::string>& values) {
    auto labels = prometheus::Labels{};
    for (auto i = std::size_t{0}; i < values.size(); ++i)
      labels.emplace(metric.spec.label_names[i], values[i]);
    return labels;
  }

  /// Families by name, their series by labels: the library keeps no order.
  [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const {
    auto families = registry.Collect();
    for (auto& family : families)
      std::sort(family.metric.begin(), family.metric.end(),
                [](const auto& a, const auto& b) { return a.label < b.label; });
    std::sort(families.begin(), families.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return families;
  }
};

void counter::increment(double amount) const {
  if (target_ != nullptr && amount > 0.0)
    target_->Increment(amount);
}

double counter::value() const {
  return target_ == nullptr ? 0.0 : target_->Value();
}

void gauge::set(double value) const {
  if (target_ != nullptr)
    target_->Set(value);
}

void gauge::add(double amount) const {
  if (target_ != nullptr)
    target_->Increment(amount);
}

double gauge::value() const {
  return target_ == nullptr ? 0.0 : target_->Value();
}

void histogram::observe(double value) const {
  if (target_ != nullptr && !std::isnan(value))
    target_->Observe(value);
}

std::vector<double> duration_buckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
          0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};
}

metrics_registry::metrics_registry(
  std::size_t label_sets_max,
  std::map<std::string, std::string> constant_labels)
  : contents_{
    std::make_unique<contents>(label_sets_max, std::move(constant_labels))} {
  contents_->refused
    = get_counter({"troupe_metrics_refused_label_sets_total",
                   "Label sets that were refused to bound the metrics",
                   {}})
        .value_or(counter{});
}

metrics_registry::~metrics_registry() = default;

void metrics_registry::remove_gauge(const std::string& name) {
  const auto lock = std::lock_guard{contents_->guard};
  const auto found = contents_->entries.find(name);
  if (found == contents_->entries.end() || found->second.gauges == nullptr)
    return;
  auto& metric = found->second;
  for (const auto& values : std::exchange(metric.label_sets, {}))
    // Add finds what is there.
    metric.gauges->Remove(
      &metric.gauges->Add(contents::labels_of(metric, values)));
}

outcome<counter>
metrics_registry::get_counter(const metric_spec& spec,
                              const std::vector<std::string>& label_values) {
  const auto lock = std::lock_guard{contents_->guard};
  const auto metric = contents_->declare(spec, metric_kind::counter, {});
  if (!metric)
    return fail(metric.error());
  const auto labels = contents_->admit(**metric, label_values);
  return labels ? counter{&(*metric)->counters->Add(*labels)} : counter{};
}

outcome<gauge>
metrics_registry::get_gauge(const metric_spec& spec,
                            const std::vector<std::string>& label_values) {
  const auto lock = std::lock_guard{contents_->guard};
  const auto metric = contents_->declare(spec, metric_kind::gauge, {});
  if (!metric)
    return fail(metric.error());
  const auto labels = contents_->admit(**metric, label_values);
  return labels ? gauge{&(*metric)->gauges->Add(*labels)} : gauge{};
}

outcome<histogram>
metrics_registry::get_histogram(const metric_spec& spec,
                                const std::vector<double>& buckets,
                                const std::vector<std::string>& label_values) {
  if (const auto checked = check_buckets(spec, buckets); !checked)
    return fail(checked.error());
  const auto lock = std::lock_guard{contents_->guard};
  const auto metric = contents_->declare(spec, metric_kind::histogram, buckets);
  if (!metric)
    return fail(metric.error());
  const auto labels = contents_->admit(**metric, label_values);
  return labels ? histogram{&(*metric)->histograms->Add(*labels, buckets)}
                : histogram{};
}

std::vector<metric_sample> metrics_registry::snapshot() const {
  auto samples = std::vector<metric_sample>{};
  for (const auto& family : contents_->collect())
    for (const auto& metric : family.metric)
      samples.push_back(to_sample(family, metric));
  return samples;
}

std::string metrics_registry::render() const {
  auto out = std::ostringstream{};
  prometheus::TextSerializer{}.Serialize(out, contents_->collect());
  return std::move(out).str();
}

} // namespace troupe::runtime
