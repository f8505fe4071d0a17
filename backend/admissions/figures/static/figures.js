// Draws the charts from the figures in the page: rows of a name and one number for each series.
// Without it every figure still stands in a table.
"use strict";

drawCharts((figure, rows) => {
  if (!rows.length) return null;
  const names = figure.names.split(",");
  const lying = figure.chart === "bars";
  const category = { type: "category", data: rows.map((row) => row[0]), inverse: lying, axisLabel: lying ? { width: 90, overflow: "truncate" } : {} };
  const value = { type: "value", minInterval: 1 };
  return {
    grid: { left: lying ? 100 : 40, right: 16, top: 32, bottom: 28 },
    legend: { data: names, top: 0 },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: lying ? value : category,
    yAxis: lying ? category : value,
    series: names.map((name, number) => ({ name, type: lying ? "bar" : "line", data: rows.map((row) => row[number + 1]) })),
  };
});
