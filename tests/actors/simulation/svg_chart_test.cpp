#include "actors/simulation/svg_chart.hpp"

#include <catch2/catch.hpp>

#include <regex>

using namespace troupe::simulation;

namespace {

chart_frame simple_frame() {
  auto frame = chart_frame{};
  frame.id = "x";
  frame.title = "a <title>";
  frame.description = "b & c";
  frame.categories = {"2025", "2026"};
  frame.scale = {0, 100, 50};
  frame.axis_text = [](std::int64_t tick) { return std::to_string(tick); };
  frame.value_text = frame.axis_text;
  return frame;
}

/// All values of an attribute of the elements of a class, in their order.
std::vector<double> numbers(const std::string& svg, const std::string& element,
                            const std::string& attribute) {
  const auto pattern
    = std::regex{"<" + element + "[^>]* " + attribute + "=\"([-0-9.]+)\""};
  auto found = std::vector<double>{};
  for (auto at = std::sregex_iterator{svg.begin(), svg.end(), pattern};
       at != std::sregex_iterator{}; ++at)
    found.push_back(std::stod((*at)[1]));
  return found;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  auto found = std::size_t{0};
  for (auto at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size()))
    ++found;
  return found;
}

} // namespace

TEST_CASE("a chart has a title and a description that are escaped") {
  const auto svg = svg_chart{simple_frame()}.finish();
  CHECK(svg.find("role=\"img\" aria-labelledby=\"x-title x-desc\"")
        != std::string::npos);
  CHECK(svg.find("<title id=\"x-title\">a &lt;title&gt;</title>")
        != std::string::npos);
  CHECK(svg.find("<desc id=\"x-desc\">b &amp; c</desc>") != std::string::npos);
  CHECK(count_of(svg, "class=\"grid\"") == 2);
  CHECK(count_of(svg, "class=\"base\"") == 1);
}

TEST_CASE("bars are as high as their values") {
  auto chart = svg_chart{simple_frame()};
  chart.add_bars(std::vector<chart_series>{{"", "c1", {50, 100}}});
  const auto svg = std::move(chart).finish();
  const auto heights = numbers(svg, "rect", "height");
  REQUIRE(heights.size() == 2);
  CHECK(heights[0] == Approx(heights[1] / 2));
  const auto tops = numbers(svg, "rect", "y");
  CHECK(tops[0] + heights[0] == Approx(tops[1] + heights[1]));
  CHECK(svg.find(">100</text>") != std::string::npos);
}

TEST_CASE("bars of several series stand beside each other") {
  auto frame = simple_frame();
  frame.has_legend = true;
  auto chart = svg_chart{frame};
  chart.add_bars(
    std::vector<chart_series>{{"", "c1", {50, 100}}, {"", "c2", {10, 20}}});
  const auto svg = std::move(chart).finish();
  const auto left = numbers(svg, "rect", "x");
  const auto width = numbers(svg, "rect", "width");
  REQUIRE(left.size() == 4);
  CHECK(left[0] + width[0] <= left[2]);
  CHECK(left[2] + width[2] <= left[1]);
}

TEST_CASE("stacks stand on each other and tell their sum") {
  auto chart = svg_chart{simple_frame()};
  chart.add_stacks(
    std::vector<chart_series>{{"", "s1", {30, 0}}, {"", "s2", {20, 41}}});
  const auto svg = std::move(chart).finish();
  const auto top = numbers(svg, "rect", "y");
  const auto height = numbers(svg, "rect", "height");
  REQUIRE(top.size() == 4);
  CHECK(top[2] + height[2] == Approx(top[0]));
  CHECK(height[1] == 0);
  CHECK(svg.find(">50</text>") != std::string::npos);
  CHECK(svg.find(">41</text>") != std::string::npos);
}

TEST_CASE("a band goes along its upper values and back along the lower") {
  auto chart = svg_chart{simple_frame()};
  chart.add_band({"", "c1", {0, 0}}, {"", "c1", {100, 100}}, 1);
  const auto svg = std::move(chart).finish();
  const auto path = std::regex{
    "class=\"band1 c1\" d=\"M[0-9.]+ 20.0 L[0-9.]+ 20.0 L[0-9.]+ 252.0 "
    "L[0-9.]+ 252.0 Z\""};
  CHECK(std::regex_search(svg, path));
}

TEST_CASE("only series with names are in the legend, names escaped") {
  auto frame = simple_frame();
  frame.has_legend = true;
  auto chart = svg_chart{frame};
  chart.add_line({"a<b", "c1", {1, 2}});
  chart.add_dotted_line({"", "c1", {1, 2}});
  const auto svg = std::move(chart).finish();
  CHECK(count_of(svg, "class=\"legend\"") == 1);
  CHECK(svg.find(">a&lt;b</text>") != std::string::npos);
}

TEST_CASE("labels at the end of a chart do not overlap") {
  auto frame = simple_frame();
  frame.has_end_labels = true;
  auto chart = svg_chart{frame};
  for (const auto value : {0, 0, 1, 100, 99})
    chart.add_end_label(value, "label");
  const auto svg = std::move(chart).finish();
  const auto y = numbers(svg, "text class=\"at-end\"", "y");
  REQUIRE(y.size() == 5);
  for (auto i = std::size_t{1}; i < y.size(); ++i)
    CHECK(y[i] - y[i - 1] >= 11.9);
  CHECK(y.back() <= 257.0);
}

TEST_CASE("of many categories only as many are named as have room") {
  auto frame = simple_frame();
  frame.categories.clear();
  for (auto year = 1'900; year < 2'400; ++year)
    frame.categories.push_back(std::to_string(year));
  auto chart = svg_chart{frame};
  chart.add_bars(
    std::vector<chart_series>{{"", "c1", std::vector<std::int64_t>(500, 50)}});
  const auto svg = std::move(chart).finish();
  CHECK(count_of(svg, "class=\"tick\"") < 20);
  CHECK(count_of(svg, "class=\"value\"") == 0);
  CHECK(svg.find(">2399</text>") != std::string::npos);
}
