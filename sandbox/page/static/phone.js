// One phone: the list of chats, the chat with the account, and what its owner does.
import { avatar, call, clockTime, el, icon, phonePath } from "./net.js";
import { draw, stamp } from "./bubbles.js";
import { openBrowser } from "./browser.js";
import { Composer } from "./composer.js";
import { profileSheet } from "./sheets.js";

const GAP = 300;
const PAGE = 60;

export class Phone {
  constructor(person, app) {
    this.person = person;
    this.openid = person.openid;
    this.app = app;
    this.accountName = app.config.account_name;
    this.bubbles = [];
    this.chat = "account";
    this.composer = new Composer(this);
    this.log = el("div.log", { role: "log", "aria-live": "polite", tabindex: "0", "aria-label": `${person.name}的聊天记录` });
    this.screen = el("div.screen", {});
    this.root = el("article.phone", { "aria-label": `${person.name}的手机`, "data-openid": person.openid },
      el("div.phone-owner", {},
        el("span", {}, `${person.name} · ${person.title || "访客"}`),
        el("button.pick", { onclick: () => app.pick() }, "换人"),
        el("button.put-down", { onclick: () => app.putDown(this), "aria-label": `放下${person.name}的手机` }, "放下 ✕")),
      this.screen);
    this.log.addEventListener("scroll", () => { if (this.atBottom()) this.seen(); });
  }

  async start() {
    this.openChat();
    try {
      const [found, { bubbles }] = await Promise.all([
        call(phonePath(this.openid)), call(phonePath(this.openid, `/bubbles?latest=${PAGE}`))]);
      Object.assign(this.person, found);
      this.bubbles = this.merge(bubbles);
      this.composer.setMenu(found.menu);
      this.redraw();
      this.setTyping(found.typing);
    } catch (problem) {
      this.toast(problem.message);
    }
  }

  // Bubbles by number, each once, whatever way they came.
  merge(more) {
    const known = new Map([...this.bubbles, ...more].map((one) => [one.id, one]));
    return [...known.values()].sort((one, other) => one.id - other.id);
  }

  openChat(chat = "account") {
    this.chat = chat;
    const title = chat === "pay" ? "微信支付" : this.accountName;
    this.title = el("h2", {}, title);
    this.back = el("button.back", { "aria-label": "返回聊天列表", onclick: () => this.openList() });
    const bar = el("header.bar", {}, this.back, this.title, chat === "account"
      ? el("button.icon", { "aria-label": "公众号资料", onclick: () => profileSheet(this) }, icon("M5 12h.01", "M12 12h.01", "M19 12h.01"))
      : el("span"));
    this.screen.replaceChildren(bar, this.log, ...(chat === "account" ? [this.composer.root] : []));
    this.redraw();
  }

  openList() {
    this.chat = "";
    const entry = (chat, name, face) => {
      const last = this.bubbles.filter((one) => one.chat === chat).at(-1);
      const words = last ? (last.body.text || last.body.title || last.body.articles?.[0].title || last.body.head || "[消息]") : "";
      return el("li", {}, el("button", { onclick: () => this.openChat(chat) }, face,
        el("span.chat-words", {},
          el("span.chat-name", {}, name, el("time", {}, last ? clockTime(last.ts) : "")),
          el("span.chat-last", { style: "display:block" }, words.replace(/<[^>]*>/g, "")))));
    };
    const list = el("ul.chats", {}, entry("account", this.accountName, avatar(this.accountName, "#07c160")));
    if (this.bubbles.some((one) => one.chat === "pay")) list.append(entry("pay", "微信支付", avatar("付", "#2aae67")));
    this.screen.replaceChildren(el("header.bar", {}, el("span"), el("h2", {}, "微信"), el("span")), list);
    list.querySelector("button").focus();
  }

  redraw() {
    const shown = this.bubbles.filter((one) => one.chat === this.chat);
    this.log.replaceChildren();
    if (shown.length >= PAGE) this.log.append(el("button.log-more", { onclick: () => this.older(shown[0].id) }, "查看更早的消息"));
    this.lastTime = 0;
    if (!shown.length) this.log.append(el("p.log-empty", {}, this.person.state === "following" ? "打个招呼吧" : "关注公众号，开始聊天"));
    for (const bubble of shown) this.append(bubble);
    this.toBottom();
    this.seen();
  }

  async older(before) {
    const { bubbles } = await call(phonePath(this.openid, `/bubbles?latest=${PAGE}&before=${before}`));
    if (!bubbles.length) { this.log.querySelector(".log-more")?.remove(); return; }
    this.bubbles = this.merge(bubbles);
    this.redraw();
    this.log.scrollTop = 0;
  }

  append(bubble) {
    this.log.querySelector(".log-empty")?.remove();
    if (bubble.ts - this.lastTime > GAP) this.log.append(stamp(bubble.ts));
    this.lastTime = bubble.ts;
    this.log.append(draw(bubble, this));
  }

  receive(bubble) {
    if (this.bubbles.some((one) => one.id === bubble.id)) return;
    const follow = this.atBottom() || bubble.via === "me";
    this.bubbles.push(bubble);
    if (bubble.via === "reply" || bubble.via === "customer") this.setTyping(false);
    if (bubble.kind === "event") this.refresh();
    if (bubble.chat !== this.chat) return;
    this.append(bubble);
    if (follow) this.toBottom();
    if (follow && this.isFront()) this.seen();
  }

  async refresh() {
    Object.assign(this.person, await call(phonePath(this.openid)));
    this.composer.setMenu(this.person.menu);
  }

  setTyping(on) {
    if (!this.title || this.chat !== "account") return;
    this.title.replaceChildren(on ? el("small", {}, "对方正在输入…") : this.accountName);
    clearTimeout(this.typing);
    if (on) this.typing = setTimeout(() => this.setTyping(false), 15000);
  }

  atBottom() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60; }
  toBottom() { requestAnimationFrame(() => { this.log.scrollTop = this.log.scrollHeight; }); }
  isFront() { return this.root.isConnected && document.visibilityState === "visible" && this.root.offsetParent !== null; }
  seen() { if (this.isFront() && this.chat) this.app.read(this); }
  browse(address) { return openBrowser(this, address); }
  inspect() { return this.app.inspector.open(this.openid); }

  async act(path, body) {
    try {
      await call(phonePath(this.openid, path), body);
      return true;
    } catch (problem) {
      this.toast(problem.message);
      return false;
    }
  }

  say(text, menuId = "") { return this.act("/say", { text, menu_id: menuId }); }
  send(body) { return this.act("/send", body); }
  happen(event, key = "", fields = {}) { return this.act("/event", { event, key, fields }); }

  // What a scanned code does: pay, follow or enter with a scene, or open a page.
  async scanned(text) {
    const ticket = /^https?:\/\/[^/]+\/q\/(.+)$/.exec(text);
    if (ticket) {
      const { codes } = await call("/sandbox/codes");
      const code = codes.find((one) => one.ticket === decodeURIComponent(ticket[1]));
      if (code) this.happen("SCAN", code.scene);
      else this.toast("这个二维码不存在或已被清除");
    } else if (text.startsWith("weixin://wxpay/")) this.browse(`/cashier/code?pr=${encodeURIComponent(text.split("pr=")[1] || "")}`);
    else if (/^https?:/.test(text)) this.browse(text);
    else this.happen("SCAN", text);
  }

  toast(words) {
    const note = el("div.toast", { role: "alert" }, words);
    this.root.append(note);
    setTimeout(() => note.remove(), 2600);
  }
}
