/* How lines look. Elements are made from pieces; words are never taken for HTML. */
const chatView = (() => {
  "use strict";
  const PAUSE = 5 * 60 * 1000;
  let before = 0;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function link(url) {
    const made = element("a");
    made.href = url;
    made.target = "_blank";
    made.rel = "noopener";
    return made;
  }

  function words(parts) {
    const bubble = element("p", "bubble");
    for (const part of parts) {
      if (!part.url) { bubble.append(part.text); continue; }
      const made = link(part.url);
      made.textContent = part.text;
      bubble.append(made);
    }
    return bubble;
  }

  function card(shown) {
    const made = shown.url ? link(shown.url) : element("div");
    made.className = "card";
    made.append(element("strong", "", shown.title), element("span", "", shown.description));
    if (shown.url) made.append(element("em", "", "点击查看 ›"));
    return made;
  }

  /* When it was said, after a pause in the talk. */
  function time(at) {
    const moment = new Date(at);
    if (moment - before < PAUSE) return null;
    before = moment;
    const today = moment.toDateString() === new Date().toDateString();
    const day = today ? "" : `${moment.getMonth() + 1}月${moment.getDate()}日 `;
    return element("p", "time", `${day}${String(moment.getHours()).padStart(2, "0")}:${String(moment.getMinutes()).padStart(2, "0")}`);
  }

  function row(line) {
    const made = element("div", line.own ? "row own" : "row");
    made.append(line.card ? card(line.card) : words(line.parts));
    return made;
  }

  return { element, row, time };
})();
