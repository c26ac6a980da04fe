#pragma once

#include "actors/simulation/chart_scale.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace troupe::simulation {

/// Numbers along the categories of a chart.
struct chart_series {
  /// For the legend; empty: not in it.
  std::string name;
  /// One of the classes `c1` to `c5` (colours) or `s1` to `s5` (shades), which
  /// the style sheet of the page defines.
  std::string colour;
  std::vector<std::int64_t> values;
};

using number_text = std::function<std::string(std::int64_t number)>;

/// What is drawn on, and what it is called.
struct chart_frame {
  /// Unique on the page: letters, digits, hyphens.
  std::string id;
  /// For those who do not see the picture.
  std::string title;
  std::string description;
  std::vector<std::string> categories;
  chart_scale scale;
  number_text axis_text;
  /// Of values, beside their bars and points.
  number_text value_text;
  /// Room above the plot, for series with names.
  bool has_legend = false;
  /// Room right of the plot, for add_end_label.
  bool has_end_labels = false;
};

/// Draws one chart as an SVG element without scripts or outside references.
/// Colours and fonts are classes, so that the page decides about light, dark
/// and print. Series have as many values as there are categories.
class svg_chart {
public:
  explicit svg_chart(chart_frame frame);

  /// Beside each other in each category, from the zero of the scale; values
  /// above them where there is room.
  void add_bars(std::span<const chart_series> series);

  /// On top of each other, with the sum above.
  void add_stacks(std::span<const chart_series> series);

  void add_line(const chart_series& series);
  /// Thin and dotted.
  void add_dotted_line(const chart_series& series);
  /// A dot and the value at each category.
  void add_points(const chart_series& series);

  /// The area between two series, named by the lower one; `strength` 1 is
  /// faint, 2 is stronger.
  void add_band(const chart_series& low, const chart_series& high,
                int strength);

  /// At the right end, at the height of a value. Labels that would overlap are
  /// moved apart.
  void add_end_label(std::int64_t value, std::string text);

  [[nodiscard]] std::string finish() &&;

private:
  struct end_label {
    double y = 0.0;
    std::string text;
  };

  [[nodiscard]] double x_of(std::size_t category) const;
  [[nodiscard]] double y_of(std::int64_t value) const;
  [[nodiscard]] double slot_width() const;
  void add_text(double x, double y, const std::string& kind,
                const std::string& text);
  void add_rectangle(double x, double width, std::int64_t from, std::int64_t to,
                     const std::string& colour);
  void add_path(const chart_series& series, const std::string& kind);
  void add_legend(const std::string& name, const std::string& kind);
  void draw_axes();
  void draw_end_labels();

  chart_frame frame_;
  double top_ = 0.0;
  double left_ = 0.0;
  double right_ = 0.0;
  double legend_x_ = 0.0;
  std::string shapes_;
  std::string texts_;
  std::vector<end_label> end_labels_;
};

} // namespace troupe::simulation
