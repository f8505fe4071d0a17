// Draws the charts of the books from the figures in the page; without it they stand in the tables.
"use strict";

drawCharts((figure, rows) => ({
  grid: { left: 64, right: 12, top: 32, bottom: 56 },
  legend: {},
  tooltip: { trigger: "axis", renderMode: "richText" },
  xAxis: { type: "category", data: rows.map((row) => row[0]), axisLabel: { rotate: 45 } },
  yAxis: { type: "value" },
  series: figure.names.split(",").map((name, number) => ({
    name,
    type: figure.chart,
    data: rows.map((row) => row[number + 1]),
  })),
}));
