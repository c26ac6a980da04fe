#pragma once

#include <string_view>

namespace troupe::simulation {

/// The colours tell apart for the colour-blind (M. Okabe and K. Ito, Color
/// Universal Design, 2008); c1 to c4 are those of series, s1 to s5 one hue.
inline constexpr auto report_style = std::string_view{R"(
:root { color-scheme: light dark; --page: #fff; --text: #1d2733; --quiet: #5b6875;
  --rule: #d9dfe5; --tile: #f4f6f8; --c1: #0b62a4; --c2: #0a8f6b; --c3: #cc5500;
  --c4: #e2a229; --s1: #c6dbee; --s2: #8fbbdf; --s3: #4f94c9; --s4: #1f6ca8;
  --s5: #0a4271; --weak: .2; --strong: .38; }
@media screen and (prefers-color-scheme: dark) {
  :root { --page: #12181f; --text: #e6ebf0; --quiet: #9aa7b4; --rule: #303b47;
    --tile: #1b242e; --c1: #56a8e6; --c2: #2fbd93; --c3: #f0803c; --c4: #f0bf57;
    --s1: #1d4468; --s2: #2b6699; --s3: #4189c2; --s4: #74b1e0; --s5: #b5d8f3; --weak: .32; --strong: .55; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 36px 28px 48px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; font-weight: 650;
  overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 40px 0 4px; font-weight: 650; }
.quiet { color: var(--quiet); margin: 0 0 14px; max-width: 78ch;
  overflow-wrap: anywhere; }
.tiles { display: grid; gap: 14px; margin: 22px 0 0; padding: 0;
  grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); }
.tiles div { background: var(--tile); border-radius: 8px; padding: 14px 16px; }
.tiles dt { color: var(--quiet); font-size: 13px; }
.tiles dd { margin: 0; font-size: 26px; font-weight: 650; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
.tiles dd + dd { font-size: 13px; font-weight: 400; color: var(--quiet); }
.charts { display: grid; gap: 22px 32px; margin-top: 14px;
  grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); }
figure { margin: 0; break-inside: avoid; }
figcaption { font-weight: 600; margin-bottom: 2px; }
figcaption span { display: block; font-weight: 400; font-size: 13px;
  color: var(--quiet); }
svg { display: block; width: 100%; margin-top: 6px; height: auto; font-family: inherit; }
svg text { fill: var(--text); font-size: 11px; text-anchor: middle;
  font-variant-numeric: tabular-nums; }
svg .tick { fill: var(--quiet); }
svg .end { text-anchor: end; }
svg .legend, svg .at-end { text-anchor: start; }
svg .grid { stroke: var(--rule); }
svg .base { stroke: var(--quiet); }
svg .c1 { fill: var(--c1); stroke: var(--c1); }
svg .c2 { fill: var(--c2); } svg .c3 { fill: var(--c3); }
svg .c4 { fill: var(--c4); } svg .s1 { fill: var(--s1); }
svg .s2 { fill: var(--s2); } svg .s3 { fill: var(--s3); }
svg .s4 { fill: var(--s4); } svg .s5 { fill: var(--s5); }
svg rect { stroke: none; }
svg .line { fill: none; stroke-width: 2.25; stroke-linejoin: round; }
svg .dotted { fill: none; stroke-width: 1; stroke-dasharray: 2 3; }
svg .band1 { fill-opacity: var(--weak); stroke: none; }
svg .band2 { fill-opacity: var(--strong); stroke: none; }
svg rect.faint { fill: none; stroke-width: 1; stroke-dasharray: 2 2; }
svg rect.faint.c1 { stroke: var(--c1); }
.scroll { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px;
  font-variant-numeric: tabular-nums; }
.narrow table { width: auto; }
.narrow th, .narrow td { padding-right: 28px; }
caption { text-align: left; color: var(--quiet); padding-bottom: 6px; }
th, td { text-align: right; padding: 5px 8px; white-space: nowrap;
  border-bottom: 1px solid var(--rule); }
th:first-child { text-align: left; padding-left: 0; }
th { font-weight: 600; }
thead th { vertical-align: bottom; white-space: normal; color: var(--quiet);
  border-bottom: 1.5px solid var(--quiet); }
tfoot th, tfoot td { font-weight: 650; border-bottom: 0;
  border-top: 1.5px solid var(--quiet); }
tr { break-inside: avoid; }
details { margin-top: 14px; }
summary { cursor: pointer; color: var(--quiet); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 3px 22px;
  margin: 12px 0 0; font-size: 13.5px; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
@page { size: A4; margin: 14mm; }
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 22px; }
  .charts { grid-template-columns: 1fr 1fr; gap: 14px 20px; }
  .tiles { grid-template-columns: repeat(4, 1fr); gap: 8px; }
  .tiles dd { font-size: 20px; }
  table { font-size: 8.5pt; }
  th, td { padding: 3px 4px; }
  .scroll { overflow: visible; break-inside: avoid; }
  tfoot { display: table-row-group; }
  details:not([open]) { display: none; }
}
)"};

} // namespace troupe::simulation
