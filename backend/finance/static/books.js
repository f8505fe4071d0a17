// Draws the charts of the books from the figures in the page; without it they stand in the tables.
"use strict";

for (const place of document.querySelectorAll("[data-chart]")) {
  if (!window.echarts) {
    place.hidden = true;
    continue;
  }
  const rows = JSON.parse(place.dataset.rows);
  const chart = echarts.init(place);
  chart.setOption({
    grid: { left: 64, right: 12, top: 32, bottom: 56 },
    legend: {},
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: rows.map((row) => row[0]), axisLabel: { rotate: 45 } },
    yAxis: { type: "value" },
    series: place.dataset.names.split(",").map((name, number) => ({
      name,
      type: place.dataset.chart,
      data: rows.map((row) => row[number + 1]),
    })),
  });
  addEventListener("resize", () => chart.resize());
}
