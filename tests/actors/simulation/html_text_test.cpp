#include "actors/simulation/html_text.hpp"

#include <catch2/catch.hpp>

using namespace troupe::simulation;

TEST_CASE("text from users means itself on a page") {
  CHECK(escape_html("a < b & c > \"d\" 'e'")
        == "a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39;");
  CHECK(escape_html("Zo\xc3\xab \xe2\x82\xac\n\t")
        == "Zo\xc3\xab \xe2\x82\xac\n\t");
  CHECK(escape_html("").empty());
}

TEST_CASE("what is no text becomes a replacement character") {
  CHECK(escape_html("a\xff\x01z") == "a\xef\xbf\xbd\xef\xbf\xbdz");
  // An overlong "<", which a lax reader might take for one.
  CHECK(escape_html("\xc0\xbc").find('<') == std::string::npos);
}

TEST_CASE("a table has its caption, and headers for rows and columns") {
  const auto html
    = render_html({"A & B", {"year", "<x>"}, {{"2025", "1"}}, {"all", "<2>"}});
  CHECK(html.find("<caption>A &amp; B</caption>") != std::string::npos);
  CHECK(html.find("<th scope=\"col\">&lt;x&gt;</th>") != std::string::npos);
  CHECK(html.find("<th scope=\"row\">2025</th><td>1</td>")
        != std::string::npos);
  CHECK(html.find("<tfoot><tr><th scope=\"row\">all</th><td>&lt;2&gt;</td>")
        != std::string::npos);
  CHECK(render_html({"c", {"a"}, {}, {}}).find("tfoot") == std::string::npos);
}
