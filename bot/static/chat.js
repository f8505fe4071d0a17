/* The chat window: sends, asks for what is new, and tells the page around it how many lines are
   unread. A message keeps its id through every try, and a line its number through every reload, so
   that nothing is said or shown twice. */
(() => {
  "use strict";
  const at = (id) => document.getElementById(id);
  const [log, list, typing, options, trouble, area] = ["log", "lines", "typing", "options", "trouble", "words"].map(at);
  const asked = new URLSearchParams(location.search);
  const isFramed = window.parent !== window;
  const HIDDEN_PAUSE = 20000, LOST_PAUSE = 5000, READ = "chat-read";
  const shown = new Set(), waiting = new Map();
  let token = document.body.dataset.token, isKnown = !token;
  let last = 0, isFirst = true, isOpen = !isFramed, unread = 0, timer = 0, isAsking = false;
  let queue = Promise.resolve();

  const stored = (value) => {
    try { if (value !== undefined) localStorage.setItem(READ, value); return Number(localStorage.getItem(READ)) || 0; }
    catch { return 0; }
  };
  const isSeen = () => isOpen && document.visibilityState === "visible";
  const headers = () => ({ Accept: "application/json", "X-Chat-Page": "1", ...(token && { "X-Chat-Visitor": token }) });

  function tellParent(message) {
    if (isFramed) window.parent.postMessage({ chat: true, ...message }, "*");
  }

  function countUnread(number) {
    unread = number;
    document.title = unread ? `(${unread}) 在线咨询` : "在线咨询";
    tellParent({ unread });
    if (!unread) stored(last);
  }

  function offer(texts) {
    options.replaceChildren(...texts.map((text) => {
      const button = chatView.element("button", "", text);
      button.type = "button";
      return button;
    }));
  }

  /* To the end; an answer that is taller than the window is read from its beginning. */
  function settleDown() {
    const newest = list.lastElementChild;
    const isTall = newest && !newest.classList.contains("own") && newest.offsetHeight > log.clientHeight - 40;
    if (isTall) newest.scrollIntoView({ block: "start" }); else log.scrollTop = log.scrollHeight;
  }

  function show(line) {
    if (shown.has(line.number)) return;
    shown.add(line.number);
    const mine = line.own && waiting.get(line.id);
    if (mine) { mine.remove(); waiting.delete(line.id); }
    const pause = chatView.time(line.at);
    const made = chatView.row(line);
    const firstWaiting = list.querySelector(".sending, .failed");
    if (pause) list.insertBefore(pause, firstWaiting);
    list.insertBefore(made, firstWaiting);
    offer(line.own ? [] : line.options || []);
  }

  function take(news) {
    const wasRead = isFirst ? stored() : last;
    for (const line of news.lines) show(line);
    last = Math.max(last, news.last);
    at("wechat").hidden = last === 0;
    if (isFirst && news.lines.length) { at("history").hidden = false; at("greeting").hidden = true; }
    isFirst = false;
    typing.hidden = !news.typing;
    const fresh = news.lines.filter((line) => !line.own && line.number > wasRead).length;
    countUnread(isSeen() ? 0 : unread + fresh);
    if (news.lines.length || news.typing) settleDown();
  }

  function askLater(pause) {
    clearTimeout(timer);
    if (isKnown) timer = setTimeout(ask, isSeen() ? pause : Math.max(pause, HIDDEN_PAUSE));
  }

  async function ask() {
    if (isAsking || !isKnown) return;
    isAsking = true;
    let pause = LOST_PAUSE;
    try {
      const answer = await fetch(`/chat/events?after=${last}`, { headers: headers(), cache: "no-store" });
      if (answer.ok) {
        const news = await answer.json();
        take(news);
        pause = news.retry_after_ms;
      } else if (answer.status === 429) { pause = 30000; }
    } catch { /* The network may come back: it is asked again. */ }
    isAsking = false;
    askLater(pause);
  }

  function mark(row, state, words) {
    row.className = `row own ${state}`;
    row.querySelector(".state").textContent = words;
  }

  async function post(id, text, row) {
    mark(row, "sending", "发送中…");
    typing.hidden = false;
    const came = { source: asked.get("source") || "", campaign: asked.get("campaign") || "", page: asked.get("page") || (isFramed ? "" : document.referrer) };
    try {
      const answer = await fetch("/chat/messages", {
        method: "POST",
        headers: { ...headers(), "Content-Type": "application/json" },
        body: JSON.stringify({ client_id: id, text, after: last, ...came }),
      });
      const news = await answer.json();
      if (answer.status === 403) throw new Error("页面放得太久了，请刷新后再发一次。");
      if (!answer.ok) throw new Error(news.message || "没有发出去，请稍后再试。");
      isKnown = true;
      trouble.hidden = true;
      tellParent({ talked: true });
      take(news);
      askLater(news.retry_after_ms);
    } catch (error) {
      typing.hidden = true;
      const isWorded = error instanceof Error && /[\u4e00-\u9fff]/.test(error.message);
      mark(row, "failed", isWorded ? "未发送" : "网络不畅，未发送");
      const again = chatView.element("button", "again", "重试");
      again.type = "button";
      again.addEventListener("click", () => { queue = queue.then(() => post(id, text, row)); });
      row.querySelector(".state").append(again);
      if (isWorded) { trouble.textContent = error.message; trouble.hidden = false; }
    }
  }

  function say(text) {
    const words = text.trim();
    if (!words) return;
    const id = crypto.randomUUID ? crypto.randomUUID() : uuid();
    const row = chatView.row({ own: true, parts: [{ text: words }] });
    row.append(chatView.element("p", "state"));
    waiting.set(id, row);
    list.append(row);
    offer([]);
    settleDown();
    queue = queue.then(() => post(id, words, row));
  }

  /* Where the site is not served by https, browsers leave randomUUID out. */
  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /* The code is made when it is wanted: it exists only for somebody who has written. */
  async function toWechat() {
    const button = at("wechat");
    button.disabled = true;
    try {
      const answer = await fetch("/chat/wechat", { method: "POST", headers: headers() });
      const made = await answer.json();
      if (!answer.ok) throw new Error(made.message);
      at("code").src = made.picture;
      at("sheet").showModal();
    } catch {
      trouble.textContent = "二维码暂时打不开，请稍后再试，或继续在这里说。";
      trouble.hidden = false;
    }
    button.disabled = false;
  }

  function fit() {
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, 120)}px`;
  }

  function submit(event) {
    event.preventDefault();
    say(area.value);
    area.value = "";
    fit();
    area.focus();
  }

  at("wechat").addEventListener("click", toWechat);
  at("composer").addEventListener("submit", submit);
  area.addEventListener("input", fit);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  });
  options.addEventListener("click", (event) => {
    if (event.target.closest("button")) { say(event.target.textContent); area.focus(); }
  });
  function looked() {
    if (!isSeen()) return;
    countUnread(0);
    ask();
  }
  document.addEventListener("visibilitychange", looked);
  window.addEventListener("online", ask);
  if (isFramed) {
    at("close").hidden = false;
    at("close").addEventListener("click", () => tellParent({ close: true }));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") tellParent({ close: true }); });
    window.addEventListener("message", (event) => {
      if (event.source !== window.parent || typeof event.data?.chatOpen !== "boolean") return;
      isOpen = event.data.chatOpen;
      if (isOpen) settleDown();
      if (isOpen && event.data.byHand) area.focus({ preventScroll: true });
      looked();
    });
    tellParent({ ready: true });
  }
  if (isKnown) ask();
})();
