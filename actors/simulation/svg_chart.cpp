#include "actors/simulation/svg_chart.hpp"

#include "actors/simulation/html_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace troupe::simulation {

namespace {

// All in units of the picture.
constexpr auto picture_width = 560.0;
constexpr auto picture_height = 280.0;
constexpr auto top_margin = 20.0;
constexpr auto legend_height = 22.0;
constexpr auto plot_bottom = 252.0;
constexpr auto legend_baseline = 14.0;
constexpr auto legend_mark = 10.0;
constexpr auto text_height = 12.0;
constexpr auto end_label_width = 78.0;
/// Digits of the fonts we name are about this wide at their size.
constexpr auto character_width = 6.1;

double text_width(std::string_view text) {
  return character_width * static_cast<double>(text.size());
}

/// With one decimal, whatever the locale.
std::string number(double value) {
  auto text = std::array<char, 40>{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, 1);
  return {text.data(), end.ptr};
}

std::string attribute(const char* name, double value) {
  return std::string{" "} + name + "=\"" + number(value) + '"';
}

std::string line(const std::string& kind, double x1, double y1, double x2,
                 double y2) {
  return "<line class=\"" + kind + "\"" + attribute("x1", x1)
         + attribute("y1", y1) + attribute("x2", x2) + attribute("y2", y2)
         + "/>\n";
}

} // namespace

svg_chart::svg_chart(chart_frame frame) : frame_{std::move(frame)} {
  auto widest = 0.0;
  for (const auto tick : frame_.scale.ticks())
    widest = std::max(widest, text_width(frame_.axis_text(tick)));
  top_ = top_margin + (frame_.has_legend ? legend_height : 0.0);
  left_ = widest + 12.0;
  right_ = picture_width - (frame_.has_end_labels ? end_label_width : 8.0);
  legend_x_ = left_;
  draw_axes();
}

double svg_chart::slot_width() const {
  const auto count = std::max<std::size_t>(frame_.categories.size(), 1);
  return (right_ - left_) / static_cast<double>(count);
}

double svg_chart::x_of(std::size_t category) const {
  return left_ + slot_width() * (static_cast<double>(category) + 0.5);
}

double svg_chart::y_of(std::int64_t value) const {
  const auto whole = static_cast<double>(frame_.scale.high - frame_.scale.low);
  const auto share = static_cast<double>(value - frame_.scale.low) / whole;
  return plot_bottom - share * (plot_bottom - top_);
}

void svg_chart::add_text(double x, double y, const std::string& kind,
                         const std::string& text) {
  texts_ += "<text class=\"" + kind + "\"" + attribute("x", x)
            + attribute("y", y) + ">" + escape_html(text) + "</text>\n";
}

void svg_chart::add_rectangle(double x, double width, std::int64_t from,
                              std::int64_t to, const std::string& colour) {
  const auto top = std::min(y_of(from), y_of(to));
  shapes_ += "<rect class=\"" + colour + "\"" + attribute("x", x)
             + attribute("y", top) + attribute("width", width)
             + attribute("height", std::abs(y_of(from) - y_of(to))) + "/>\n";
}

void svg_chart::draw_axes() {
  for (const auto tick : frame_.scale.ticks()) {
    const auto y = y_of(tick);
    // Only a zero is a floor to stand on.
    shapes_ += line(tick == 0 ? "base" : "grid", left_, y, right_, y);
    add_text(left_ - 6.0, y + 4.0, "tick end", frame_.axis_text(tick));
  }
  // As many names as have room, from the last backwards.
  const auto count = frame_.categories.size();
  auto widest = 0.0;
  for (const auto& name : frame_.categories)
    widest = std::max(widest, text_width(name) + 10.0);
  const auto every
    = static_cast<std::size_t>(std::max(1.0, std::ceil(widest / slot_width())));
  for (auto i = std::size_t{0}; i < count; ++i)
    if ((count - 1 - i) % every == 0)
      add_text(x_of(i), plot_bottom + 18.0, "tick", frame_.categories[i]);
}

void svg_chart::add_legend(const std::string& name, const std::string& kind) {
  if (name.empty())
    return;
  shapes_ += "<rect class=\"" + kind + "\"" + attribute("x", legend_x_)
             + attribute("y", legend_baseline - 9.0)
             + attribute("width", legend_mark)
             + attribute("height", legend_mark) + " rx=\"2\"/>\n";
  add_text(legend_x_ + legend_mark + 6.0, legend_baseline, "legend", name);
  legend_x_ += legend_mark + 6.0 + text_width(name) + 12.0;
}

void svg_chart::add_bars(std::span<const chart_series> series) {
  const auto group = slot_width() * 0.72;
  const auto width = group / static_cast<double>(series.size());
  for (auto which = std::size_t{0}; which < series.size(); ++which) {
    const auto& [name, colour, values] = series[which];
    add_legend(name, colour);
    for (auto i = std::size_t{0}; i < values.size(); ++i) {
      const auto x = x_of(i) - group / 2.0 + width * static_cast<double>(which);
      add_rectangle(x + width * 0.04, width * 0.92, 0, values[i], colour);
      const auto text = frame_.value_text(values[i]);
      const auto room = series.size() == 1 ? slot_width() : width * 1.1;
      if (text_width(text) <= room)
        add_text(x + width / 2.0,
                 y_of(std::max(values[i], frame_.scale.low)) - 4.0, "value",
                 text);
    }
  }
}

void svg_chart::add_stacks(std::span<const chart_series> series) {
  const auto width = slot_width() * 0.62;
  auto sums = std::vector<std::int64_t>(frame_.categories.size());
  for (const auto& [name, colour, values] : series) {
    add_legend(name, colour);
    for (auto i = std::size_t{0}; i < values.size(); ++i) {
      add_rectangle(x_of(i) - width / 2.0, width, sums[i], sums[i] + values[i],
                    colour);
      sums[i] += values[i];
    }
  }
  for (auto i = std::size_t{0}; i < sums.size(); ++i)
    if (const auto text = frame_.value_text(sums[i]);
        text_width(text) <= slot_width())
      add_text(x_of(i), y_of(sums[i]) - 4.0, "value", text);
}

void svg_chart::add_path(const chart_series& series, const std::string& kind) {
  shapes_ += "<path class=\"" + kind + ' ' + series.colour + "\" d=\"";
  for (auto i = std::size_t{0}; i < series.values.size(); ++i)
    shapes_ += (i == 0 ? "M" : " L") + number(x_of(i)) + ' '
               + number(y_of(series.values[i]));
  shapes_ += "\"/>\n";
}

void svg_chart::add_line(const chart_series& series) {
  add_legend(series.name, series.colour);
  add_path(series, "line");
}

void svg_chart::add_dotted_line(const chart_series& series) {
  add_legend(series.name, "faint " + series.colour);
  add_path(series, "dotted");
}

void svg_chart::add_points(const chart_series& series) {
  for (auto i = std::size_t{0}; i < series.values.size(); ++i) {
    const auto y = y_of(series.values[i]);
    shapes_ += "<circle class=\"" + series.colour + "\""
               + attribute("cx", x_of(i)) + attribute("cy", y)
               + " r=\"3.5\"/>\n";
    const auto text = frame_.value_text(series.values[i]);
    if (text_width(text) <= slot_width())
      add_text(x_of(i), y - 9.0, "value", text);
  }
}

void svg_chart::add_band(const chart_series& low, const chart_series& high,
                         int strength) {
  const auto kind = "band" + std::to_string(strength) + ' ' + low.colour;
  add_legend(low.name, kind);
  shapes_ += "<path class=\"" + kind + "\" d=\"";
  for (auto i = std::size_t{0}; i < high.values.size(); ++i)
    shapes_ += (i == 0 ? "M" : " L") + number(x_of(i)) + ' '
               + number(y_of(high.values[i]));
  for (auto i = low.values.size(); i-- > 0;)
    shapes_ += " L" + number(x_of(i)) + ' ' + number(y_of(low.values[i]));
  shapes_ += " Z\"/>\n";
}

void svg_chart::add_end_label(std::int64_t value, std::string text) {
  end_labels_.push_back({y_of(value), std::move(text)});
}

/// From top to bottom, each at least a line below the one before; moved up as a
/// whole if the last would be below the plot.
void svg_chart::draw_end_labels() {
  std::ranges::stable_sort(end_labels_, {}, &end_label::y);
  auto next = top_;
  for (auto& label : end_labels_) {
    label.y = std::max(label.y, next);
    next = label.y + text_height;
  }
  auto lowest = plot_bottom;
  for (auto i = end_labels_.size(); i-- > 0;) {
    end_labels_[i].y = std::min(end_labels_[i].y, lowest);
    lowest = end_labels_[i].y - text_height;
  }
  const auto x = frame_.categories.empty()
                   ? right_
                   : x_of(frame_.categories.size() - 1) + 8.0;
  for (const auto& label : end_labels_)
    add_text(x, label.y + 4.0, "at-end", label.text);
}

std::string svg_chart::finish() && {
  draw_end_labels();
  const auto id = escape_html(frame_.id);
  return "<svg viewBox=\"0 0 " + number(picture_width) + ' '
         + number(picture_height) + "\" role=\"img\" aria-labelledby=\"" + id
         + "-title " + id + "-desc\">\n<title id=\"" + id + "-title\">"
         + escape_html(frame_.title) + "</title>\n<desc id=\"" + id + "-desc\">"
         + escape_html(frame_.description) + "</desc>\n" + shapes_ + texts_
         + "</svg>\n";
}

} // namespace troupe::simulation
