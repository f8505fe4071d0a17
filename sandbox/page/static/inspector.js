// The record of raw traffic, both ways, decrypted where it was encrypted.
import { call, clockTime, el } from "./net.js";
import { clockTab, faultsTab } from "./knobs.js";

const PARTS = [
  ["note", "说明"], ["url", "地址"], ["request_clear", "请求（明文）"], ["request", "请求（原文）"],
  ["response_clear", "应答（明文）"], ["response", "应答（原文）"],
];
const LONGEST = 300;

export class Inspector {
  constructor(root, toggle) {
    this.root = root;
    this.toggle = toggle;
    this.last = 0;
    this.only = "";
    this.tab = "traffic";
    toggle.addEventListener("click", () => (root.hidden ? this.open() : this.close()));
  }

  open(openid = "") {
    this.root.hidden = false;
    this.toggle.setAttribute("aria-expanded", "true");
    this.only = openid;
    this.tab = "traffic";
    this.draw();
  }

  close() {
    this.root.hidden = true;
    this.toggle.setAttribute("aria-expanded", "false");
    this.toggle.focus();
  }

  setPeople(people) {
    this.people = people;
  }

  draw() {
    const tab = (name, words) => el("button", { role: "tab", "aria-selected": String(this.tab === name),
      onclick: () => { this.tab = name; this.draw(); this.root.querySelector('[aria-selected="true"]').focus(); } }, words);
    this.body = el("div.inspector-body", { role: "tabpanel" });
    this.root.replaceChildren(
      el("header.inspector-head", {},
        el("div.tabs", { role: "tablist" }, tab("traffic", "收发"), tab("faults", "故障"), tab("clock", "时钟")),
        el("button.icon", { "aria-label": "关闭收发记录", onclick: () => this.close() }, "✕")),
      this.body);
    if (this.tab === "faults") faultsTab(this.body);
    else if (this.tab === "clock") clockTab(this.body);
    else this.drawTraffic();
  }

  drawTraffic() {
    this.last = 0;
    const pick = el("select", { "aria-label": "只看一个人", onchange: () => { this.only = pick.value; this.draw(); } },
      el("option", { value: "" }, "所有人"),
      ...(this.people || []).map((one) => el("option", { value: one.openid, selected: one.openid === this.only }, one.name)));
    this.list = el("ul.inspector-list", {});
    this.empty = el("p.inspector-empty", {}, "还没有收发。发一条消息试试。");
    this.body.replaceChildren(el("div.inspector-filter", {}, pick), this.empty, this.list);
    this.refresh();
  }

  async refresh() {
    if (this.root.hidden || this.busy || this.tab !== "traffic") return;
    this.busy = true;
    try {
      const { traffic } = await call(`/sandbox/traffic?after=${this.last}&openid=${encodeURIComponent(this.only)}`);
      for (const one of traffic) {
        if (one.id <= this.last) continue;
        this.last = one.id;
        this.list.prepend(this.entry(one));
      }
      while (this.list.children.length > LONGEST) this.list.lastChild.remove();
      this.empty.hidden = this.list.children.length > 0;
    } catch { /* The status line already says that the sandbox is away. */ }
    this.busy = false;
  }

  entry(one) {
    const outwards = one.direction === "to_bot";
    const bad = one.status === 0 || one.status >= 400 || /"errcode": ?[1-9-]/.test(one.body.response || "");
    const item = el("li", {});
    const line = el("button.exchange", { "aria-expanded": "false", onclick: () => {
      const shown = item.querySelector(".detail");
      if (shown) shown.remove(); else item.append(this.detail(one));
      line.setAttribute("aria-expanded", String(!shown));
    } },
      el(`span.arrow${outwards ? "" : ".in"}`, { title: outwards ? "沙盒 → 机器人" : "机器人 → 沙盒" }, outwards ? "→" : "←"),
      el("b", {}, one.title),
      el(`code${bad ? ".bad" : ""}`, {}, one.status || "无应答"),
      el("small", { title: clockTime(one.ts) }, `${one.ms} ms`));
    item.append(line);
    return item;
  }

  detail(one) {
    const detail = el("div.detail", {});
    for (const [name, title] of PARTS) {
      const text = one.body[name];
      if (!text) continue;
      detail.append(el("h3", {}, title), el(`pre${name === "note" ? ".note" : ""}`, {}, pretty(text)));
    }
    return detail;
  }
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is not JSON. */ }
  return text.startsWith("<xml>") ? text.replace(/^<xml>/, "<xml>\n").replace(/(<\/\w+>)(?=<)/g, "$1\n") : text;
}
