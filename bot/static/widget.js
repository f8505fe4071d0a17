/* A website's chat button: <script src="https://…/chat/widget.js" data-source="spring" defer></script>
   The window opens by a tap, by data-open at once, or by itself once per visitor after
   data-open-after seconds (8; "off" for never). Nothing is loaded before it is opened, unless the
   visitor has talked here before and may have an answer waiting. */
(() => {
  "use strict";
  const script = document.currentScript;
  const base = new URL(".", script.src), origin = base.origin;
  const OPENED = "school-chat-opened", TALKED = "school-chat-talked";
  const chosen = script.dataset;

  const note = (name) => { try { localStorage.setItem(name, "1"); } catch { /* Private windows. */ } };
  const noted = (name) => { try { return localStorage.getItem(name) !== null; } catch { return false; } };

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const styles = new CSSStyleSheet();
  styles.replaceSync(`
    :host { all: initial; }
    button { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; width: 60px; height: 60px; padding: 0;
      border: 0; border-radius: 50%; background: #0b7a4b; color: #fff; cursor: pointer; box-shadow: 0 4px 14px rgb(0 0 0 / 25%); }
    button:focus-visible { outline: 3px solid #1a73e8; outline-offset: 3px; }
    button svg { width: 30px; height: 30px; }
    .badge { position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; padding: 0 6px; box-sizing: border-box;
      border-radius: 11px; background: #d92d20; font: 600 13px/22px system-ui, sans-serif; }
    iframe { position: fixed; right: 20px; bottom: 92px; z-index: 2147483000; width: 380px; height: min(620px, calc(100dvh - 112px));
      border: 0; border-radius: 14px; background: #f4f6f8; box-shadow: 0 8px 32px rgb(0 0 0 / 28%); }
    [hidden] { display: none; }
    @media (max-width: 480px) {
      iframe { inset: 0; width: 100%; height: 100dvh; border-radius: 0; }
      .open button { display: none; }
    }`);
  root.adoptedStyleSheets = [styles];
  const body = document.createElement("div");
  const button = document.createElement("button");
  button.type = "button";
  button.innerHTML = '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true"><path d="M4 5h16v11H10l-4 4v-4H4z"/></svg>';
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.hidden = true;
  button.append(badge);
  body.append(button);
  root.append(body);

  let frame = null, isReady = false, isOpen = false, byHand = false, unread = 0;

  function address() {
    const here = new URLSearchParams(location.search);
    const url = new URL("../chat", base);
    url.search = new URLSearchParams({
      source: chosen.source || here.get("utm_source") || "",
      campaign: here.get("utm_campaign") || "",
      page: location.origin + location.pathname,
    });
    return url.href;
  }

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = "在线咨询窗口";
    frame.src = address();
    frame.hidden = true;
    body.append(frame);
  }

  function tell() {
    if (isReady) frame.contentWindow.postMessage({ chatOpen: isOpen, byHand }, origin);
  }

  function label() {
    button.setAttribute("aria-label", isOpen ? "收起在线咨询" : unread ? `在线咨询，${unread}条未读` : "在线咨询");
    button.setAttribute("aria-expanded", String(isOpen));
    badge.hidden = !unread || isOpen;
    badge.textContent = unread > 9 ? "9+" : String(unread);
  }

  /* Only what the visitor did by hand may move the keyboard's focus. */
  function turn(open, hand) {
    load();
    isOpen = open;
    byHand = hand;
    frame.hidden = !open;
    body.className = open ? "open" : "";
    if (open) note(OPENED); else if (hand) button.focus({ preventScroll: true });
    tell();
    label();
  }

  button.addEventListener("click", () => turn(!isOpen, true));
  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin || !event.data?.chat) return;
    if (event.data.ready) { isReady = true; tell(); }
    if (event.data.talked) note(TALKED);
    if (event.data.close) turn(false, true);
    if (Number.isInteger(event.data.unread)) { unread = event.data.unread; label(); }
  });

  function begin() {
    document.body.append(host);
    label();
    if (noted(TALKED)) load();
    const after = Number(chosen.openAfter ?? 8);
    if ("open" in chosen) turn(true, false);
    else if (!noted(OPENED) && after >= 0) setTimeout(() => { if (!isOpen && !noted(OPENED)) turn(true, false); }, 1000 * after);
  }
  if (document.body) begin(); else document.addEventListener("DOMContentLoaded", begin);
})();
