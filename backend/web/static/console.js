// What pages with HTMX say when the network does not answer.
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
