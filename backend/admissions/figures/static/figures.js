// Draws the charts from the figures in the page: rows of a name and one number for each series.
// Without it every figure still stands in a table.
"use strict";

for (const place of document.querySelectorAll("[data-chart]")) {
  const rows = JSON.parse(place.dataset.rows);
  if (!window.echarts || !rows.length) {
    place.hidden = true;
    continue;
  }
  const names = place.dataset.names.split(",");
  const lying = place.dataset.chart === "bars";
  const category = { type: "category", data: rows.map((row) => row[0]), inverse: lying, axisLabel: lying ? { width: 90, overflow: "truncate" } : {} };
  const value = { type: "value", minInterval: 1 };
  const chart = echarts.init(place);
  chart.setOption({
    grid: { left: lying ? 100 : 40, right: 16, top: 32, bottom: 28 },
    legend: { data: names, top: 0 },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: lying ? value : category,
    yAxis: lying ? category : value,
    series: names.map((name, number) => ({ name, type: lying ? "bar" : "line", data: rows.map((row) => row[number + 1]) })),
  });
  addEventListener("resize", () => chart.resize());
}
