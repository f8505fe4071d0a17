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
