// The in-app browser: a sheet with a frame. Its name tells pages (bridge.js, sign-in) whose phone it is.
import { el, icon } from "./net.js";

export function openBrowser(phone, address) {
  let place = address;
  try { place = new URL(address).host; } catch { /* A relative address is the sandbox's own. */ }
  const before = document.activeElement;
  const frame = el("iframe", { name: `phone:${phone.openid}`, src: address, title: "网页" });
  const close = () => {
    window.removeEventListener("message", heard);
    sheet.remove();
    before?.focus?.();
  };
  const heard = (event) => {
    if (event.source === frame.contentWindow && event.data?.sandbox === "close") close();
  };
  const sheet = el("section.browser", { role: "dialog", "aria-label": "网页", onkeydown: (event) => {
    if (event.key === "Escape") { event.stopPropagation(); close(); }
  } },
    el("header.bar", {},
      el("button.icon", { onclick: close, "aria-label": "关闭网页" }, icon("M5 5l14 14", "M19 5L5 19")),
      el("h2", {}, place),
      el("button.icon", { "aria-label": "刷新", onclick: () => { frame.src = address; } },
        icon("M19 12a7 7 0 1 1-2-4.9", "M17.5 3v4.5H13"))),
    frame);
  window.addEventListener("message", heard);
  phone.root.append(sheet);
  sheet.querySelector("button").focus();
  return sheet;
}
