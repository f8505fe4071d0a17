// What pages with HTMX say when the network does not answer; and cells that name their column,
// because on a phone a line of a table is a card and its head is not seen.
"use strict";

const trouble = document.getElementById("trouble");

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(name, () => {
    trouble.hidden = false;
  });
}
document.body.addEventListener("htmx:afterOnLoad", () => {
  trouble.hidden = true;
});

// Whatever cannot easily be taken back asks first, in the words of its button. Heard on the way down,
// before HTMX or the browser send anything.
document.addEventListener("submit", (event) => {
  const words = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (words && !window.confirm(words)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

function nameCells() {
  for (const table of document.querySelectorAll(".console-table")) {
    const names = [...table.querySelectorAll("thead th")].map((head) => head.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr")) {
      // What a line is about, and what can be done to it, say so themselves.
      [...row.cells].forEach((cell, place) => {
        if (place > 0 && names[place] && names[place] !== "操作") cell.dataset.label = names[place];
      });
    }
  }
}

nameCells();
document.body.addEventListener("htmx:afterSettle", nameCells);

// Draws each figure of the page that is marked as a chart: `optionOf` makes ECharts' option of its
// data and rows, or nothing where there is nothing to draw. Where the library is missing, places are
// hidden, and the figures still stand in their tables.
function drawCharts(optionOf) {
  for (const place of document.querySelectorAll("[data-chart]")) {
    const option = window.echarts && optionOf(place.dataset, JSON.parse(place.dataset.rows));
    if (!option) {
      place.hidden = true;
      continue;
    }
    const chart = echarts.init(place);
    chart.setOption(option);
    addEventListener("resize", () => chart.resize());
  }
}
