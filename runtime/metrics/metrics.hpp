#pragma once

#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
} // namespace prometheus

namespace troupe::runtime {

/// Counts what happened. A handle: cheap to copy, safe from any thread, valid
/// as long as its registry. An empty handle counts nothing.
class counter {
public:
  counter() = default;

  /// Negative amounts and NaN are ignored: a counter never goes back.
  void increment(double amount = 1.0) const;

  [[nodiscard]] double value() const;

private:
  friend class metrics_registry;

  explicit counter(prometheus::Counter* target) noexcept : target_{target} {}

  prometheus::Counter* target_ = nullptr;
};

/// Shows how much there is now. Otherwise like `counter`.
class gauge {
public:
  gauge() = default;

  void set(double value) const;

  /// Adds an amount of either sign.
  void add(double amount) const;

  [[nodiscard]] double value() const;

private:
  friend class metrics_registry;

  explicit gauge(prometheus::Gauge* target) noexcept : target_{target} {}

  prometheus::Gauge* target_ = nullptr;
};

/// Shows how values are distributed. Otherwise like `counter`.
class histogram {
public:
  histogram() = default;

  /// NaN is ignored.
  void observe(double value) const;

private:
  friend class metrics_registry;

  explicit histogram(prometheus::Histogram* target) noexcept
    : target_{target} {}

  prometheus::Histogram* target_ = nullptr;
};

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

/// What a metric is.
struct metric_spec {
  /// troupe_<subsystem>_<what>_<unit>, in lower case; that of a counter ends
  /// with _total. Standard metrics of a process begin with process_ instead.
  std::string name;
  /// One sentence.
  std::string help;
  std::vector<std::string> label_names;
};

/// Upper bounds in seconds from 1 ms to 60 s, for the duration of operations.
[[nodiscard]] std::vector<double> duration_buckets();

/// One series of a metric at the time it was asked for.
struct metric_sample {
  struct bucket {
    /// Inclusive; the last is infinite.
    double upper_bound = 0.0;
    /// Observations at or below the bound.
    std::uint64_t count = 0;
  };

  std::string name;
  metric_kind kind = metric_kind::counter;
  std::vector<std::pair<std::string, std::string>> labels;
  /// Of a counter or gauge; the sum of a histogram's observations.
  double value = 0.0;
  /// Of a histogram.
  std::uint64_t count = 0;
  std::vector<bucket> buckets;
};

/// All metrics of a process or of a test. Thread-safe. Declaring a metric again
/// in the same way gives the same metric, so that a restarted actor goes on
/// where its predecessor stopped.
///
/// Errors of a declaration: `invalid_input` for a bad name or bad buckets,
/// `conflict` when the name is taken by a different declaration.
///
/// Label values come from outside, hence are bounded: beyond `label_sets_max`
/// different sets per metric, and for values that are too long or no proper
/// text, the handle is empty and `troupe_metrics_refused_label_sets_total`
/// counts it.
class metrics_registry {
public:
  static constexpr auto label_value_bytes_max = std::size_t{128};

  /// Every series has the constant labels, too; they are the program's own.
  explicit metrics_registry(std::size_t label_sets_max = 200,
                            std::map<std::string, std::string> constant_labels
                            = {});
  metrics_registry(const metrics_registry&) = delete;
  metrics_registry& operator=(const metrics_registry&) = delete;
  ~metrics_registry();

  /// Declares a metric if need be, and gives the series with these values of
  /// its labels, in the order of their names. Keep the handle: this takes a
  /// lock.
  [[nodiscard]] outcome<counter>
  get_counter(const metric_spec& spec,
              const std::vector<std::string>& label_values = {});

  [[nodiscard]] outcome<gauge>
  get_gauge(const metric_spec& spec,
            const std::vector<std::string>& label_values = {});

  /// All series of a gauge are gone: what it showed is not known any more.
  /// Their handles must not be used again. Without effect for what is no gauge.
  void remove_gauge(const std::string& name);

  /// `buckets` are the upper bounds: 1 to 64 finite numbers in rising order.
  [[nodiscard]] outcome<histogram>
  get_histogram(const metric_spec& spec, const std::vector<double>& buckets,
                const std::vector<std::string>& label_values = {});

  /// All series, ordered by name, then by labels.
  [[nodiscard]] std::vector<metric_sample> snapshot() const;

  /// The same in Prometheus' text format 0.0.4.
  [[nodiscard]] std::string render() const;

private:
  struct contents;

  std::unique_ptr<contents> contents_;
};

/// A JSON array of {name, kind, labels, value} or, for histograms, {name, kind,
/// labels, sum, count, buckets: [{le, count}]}. Numbers that JSON lacks are
/// text ("NaN", "+Inf").
[[nodiscard]] std::string
render_json(const std::vector<metric_sample>& samples);

} // namespace troupe::runtime
