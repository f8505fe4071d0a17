// What pages with HTMX say when the network does not answer or the answer is a refusal, and what
// they read out when a part was replaced; words that outlive a form that failed; cells that name
// their column, because on a phone a line of a table is a card and its head is not seen.
"use strict";

const trouble = document.getElementById("trouble");
const news = document.getElementById("news");
const GONE = "网络好像断开了，您填写的内容还在。请检查网络后再试一次。";
const SLOW = "等了很久还没有回应，您填写的内容还在。请稍等片刻再试一次。";
const REFUSED = "系统暂时没有办成，您填写的内容还在。请稍等片刻再试一次。";
let troubled = null; // Whose request it was: only its own success takes the sentence away.

function complain(words, elt) {
  troubled = elt;
  trouble.textContent = words;
  trouble.hidden = false;
}

// For a screen reader: a place that stays while the parts around it come and go.
function tell(words) {
  if (news) news.textContent = words;
}

if (trouble) {
  const answers = document.body;
  answers.addEventListener("htmx:sendError", ({ detail }) => complain(GONE, detail.elt));
  answers.addEventListener("htmx:timeout", ({ detail }) => complain(SLOW, detail.elt));
  answers.addEventListener("htmx:responseError", ({ detail }) => {
    const page = new DOMParser().parseFromString(detail.xhr.responseText, "text/html");
    complain(page.querySelector(".alert")?.textContent.trim() || REFUSED, detail.elt);
  });
  answers.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful && (detail.elt === troubled || !troubled?.isConnected)) trouble.hidden = true;
  });
}

// Who waits is told so after a moment, and what has come when it has. A part that was replaced with
// the focus inside gives the focus to what has come in its place.
let waiting = 0;
let held = null;
document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
  clearTimeout(waiting);
  // What asks by itself, every few seconds, has nobody waiting.
  if (detail.elt.matches("a, button, form, input, select")) waiting = setTimeout(tell, 800, "正在加载，请稍候…");
});
document.body.addEventListener("htmx:afterRequest", () => clearTimeout(waiting));
document.body.addEventListener("htmx:beforeSwap", () => {
  held = document.activeElement;
});
document.body.addEventListener("htmx:afterSettle", ({ detail: { elt, target } }) => {
  if (target.id === "found") tell(foundIn(document.getElementById("found")));
  const fresh = elt.matches("[data-news]") ? elt : elt.querySelector("[data-news]");
  if (fresh) tell(fresh.dataset.news);
  if (!held || held.isConnected || document.activeElement !== document.body) return;
  const next = elt.matches("a, button") ? elt : elt.querySelector("a[href], button, input, select");
  if (!next) elt.tabIndex = -1;
  (next || elt).focus();
});

function foundIn(list) {
  const rows = list.querySelectorAll("tbody tr, .ticket-card").length;
  return rows ? `列出${rows}条` : list.textContent.trim();
}

// A form that is sent as a page leaves what was typed behind, for as long as no page of the console
// answers: coming back from an error, it stands there again. Never passwords, codes or files.
const TYPED = "typed";
const SECRET = "[type=hidden], [type=password], [type=file], [autocomplete=one-time-code]";
const typedIn = (form) => [...form.elements].filter((one) => one.name && !one.matches(SECRET));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (trouble && !navigator.onLine) {
    event.preventDefault();
    complain(GONE, form);
    return;
  }
  const values = typedIn(form).map((one) => (/checkbox|radio/.test(one.type) ? one.checked : one.value));
  const place = [...document.forms].indexOf(form);
  sessionStorage.setItem(TYPED, JSON.stringify({ url: location.href, place, values }));
});

function typeAgain() {
  const typed = JSON.parse(sessionStorage.getItem(TYPED));
  sessionStorage.removeItem(TYPED);
  const form = typed && typed.url === location.href && document.forms[typed.place];
  if (!form || performance.getEntriesByType("navigation")[0]?.type !== "back_forward") return;
  typedIn(form).forEach((one, place) => {
    const value = typed.values[place];
    if (typeof value === "boolean") one.checked = value;
    else if (value !== undefined) one.value = value;
  });
}

typeAgain();

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
