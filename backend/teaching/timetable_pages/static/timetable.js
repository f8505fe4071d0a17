// Lays the week out as a grid of hours (a pixel a minute) where there is room, lets lessons be
// dragged there, and draws charts. Without it every lesson still opens its page, which does the same.
"use strict";

const FIRST = 8 * 60, LAST = 21 * 60 + 30, STEP = 30;
const week = document.getElementById("week");
const told = document.getElementById("dragging");

function lanes(column) {
  const lessons = [...column.querySelectorAll(".tt-lesson")];
  const ends = [];
  for (const lesson of lessons) {
    const start = Number(lesson.dataset.start);
    let lane = ends.findIndex((end) => end <= start);
    if (lane < 0) lane = ends.length;
    ends[lane] = Number(lesson.dataset.end);
    lesson.dataset.lane = lane;
  }
  for (const lesson of lessons) {
    const start = Number(lesson.dataset.start);
    lesson.style.top = `${start - FIRST}px`;
    lesson.style.height = `${Math.max(24, Number(lesson.dataset.end) - start - 2)}px`;
    lesson.style.left = `${(100 * lesson.dataset.lane) / ends.length}%`;
    lesson.style.width = `${100 / ends.length}%`;
  }
}

function lay() {
  const is = week.clientWidth >= 700;
  week.parentElement.classList.toggle("tt-grid", is);
  for (const column of week.querySelectorAll(".tt-column")) {
    if (is) lanes(column);
    else for (const lesson of column.querySelectorAll(".tt-lesson")) lesson.removeAttribute("style");
  }
}

function clock(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

function target(event, grip, minutes) {
  const column = document
    .elementsFromPoint(event.clientX, event.clientY)
    .find((each) => each.classList.contains("tt-column"));
  if (!column) return null;
  const top = event.clientY - grip - column.getBoundingClientRect().top + FIRST;
  const minute = Math.round(top / STEP) * STEP;
  if (minute < FIRST || minute + minutes > LAST) return null;
  return { day: column.parentElement.dataset.day, at: clock(minute) };
}

function take(lesson, down) {
  const minutes = Number(lesson.dataset.end) - Number(lesson.dataset.start);
  const grip = down.clientY - lesson.getBoundingClientRect().top;
  let moved = false;
  const follow = (event) => {
    const [x, y] = [event.clientX - down.clientX, event.clientY - down.clientY];
    if (!moved && Math.hypot(x, y) < 6) return;
    moved = true;
    lesson.classList.add("tt-dragged");
    lesson.style.transform = `translate(${x}px, ${y}px)`;
    const where = target(event, grip, minutes);
    told.textContent = where ? `挪到${where.day} ${where.at}` : "这里不能放";
  };
  const drop = (event) => {
    stop();
    const where = moved && event.type === "pointerup" ? target(event, grip, minutes) : null;
    lesson.classList.remove("tt-dragged");
    lesson.style.transform = "";
    if (moved) lesson.addEventListener("click", (click) => click.preventDefault(), { once: true });
    if (where) location.assign(`${lesson.href}?at=${where.day}T${where.at}`);
  };
  const stop = () => {
    removeEventListener("pointermove", follow);
    for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, drop);
  };
  addEventListener("pointermove", follow);
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, drop);
}

if (week) {
  lay();
  addEventListener("resize", lay);
  week.addEventListener("pointerdown", (event) => {
    const lesson = event.target.closest(".tt-lesson");
    if (!lesson || event.button !== 0 || "over" in lesson.dataset) return;
    if (week.parentElement.classList.contains("tt-grid")) take(lesson, event);
  });
}

drawCharts((figure, rows) => ({
  grid: { left: 48, right: 12, top: 16, bottom: 72 },
  tooltip: { renderMode: "richText" },
  xAxis: { type: "category", data: rows.map((row) => row[0]), axisLabel: { interval: "auto", rotate: 45 } },
  yAxis: { type: "value", axisLabel: { formatter: figure.unit === "%" ? "{value}%" : "{value}" } },
  series: [{ type: "bar", data: rows.map((row) => row[1]) }],
}));
