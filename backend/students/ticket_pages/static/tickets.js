// Draws the charts of the analysis from the figures in the page, and lays a saved answer into the
// box, where it may be changed before it is sent. Without it every figure still stands in a table.
"use strict";

drawCharts((figure, rows) => ({
  grid: { left: 40, right: 12, top: 16, bottom: 48 },
  tooltip: { renderMode: "richText" },
  xAxis: { type: "category", data: rows.map((row) => row[0]), axisLabel: { interval: "auto", rotate: rows.length > 8 ? 45 : 0 } },
  yAxis: { type: "value", minInterval: 1 },
  series: [{ type: figure.chart, data: rows.map((row) => row[1]) }],
}));

document.addEventListener("click", (event) => {
  const tapped = event.target.closest("[data-answer]");
  const box = document.getElementById("answer");
  if (!tapped || !box) return;
  box.value = tapped.dataset.answer;
  box.focus();
});
