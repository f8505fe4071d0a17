// The bottom of a chat: words, voice, the account's menu, and the panel of other things to send.
import { call, el, icon, phonePath } from "./net.js";
import { placeSheet, scanSheet } from "./sheets.js";

const KEYBOARD = ["M3 7h18v11H3z", "M6 10.5h.01M9 10.5h.01M12 10.5h.01M15 10.5h.01M18 10.5h.01", "M8 14.5h8"];
const MICROPHONE = ["M5 9v6", "M9 6.5a8 8 0 0 1 0 11", "M13 4a12 12 0 0 1 0 16"];
const PLUS = ["M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16", "M12 8v8", "M8 12h8"];
const PICTURE = ["M4 5h16v14H4z", "M4 16l5-5 4 4 3-3 4 4", "M15.5 9h.01"];
const PIN = ["M12 21s7-6.5 7-11.5a7 7 0 0 0-14 0C5 14.5 12 21 12 21z", "M12 9.5h.01"];
const SCAN = ["M4 8V4h4", "M16 4h4v4", "M20 16v4h-4", "M8 20H4v-4", "M4 12h16"];
const FILM = ["M4 6h11v12H4z", "M15 10l5-3v10l-5-3"];

export class Composer {
  constructor(phone) {
    this.phone = phone;
    this.root = el("div.foot", {});
    this.menu = [];
    this.mode = "text";
    this.draft = "";
    document.addEventListener("click", (event) => {
      if (!this.root.contains(event.target)) this.root.querySelectorAll(".submenu").forEach((one) => one.remove());
    });
  }

  setMenu(menu) {
    const had = this.menu.length > 0;
    this.menu = menu;
    if (menu.length && !had && !this.draft) this.mode = "menu";
    if (!menu.length && this.mode === "menu") this.mode = "text";
    this.draw();
  }

  draw() {
    if (this.area) this.draft = this.area.value;
    this.area = null;
    const state = this.phone.person.state;
    if (state !== "following") this.root.replaceChildren(this.followBar(state));
    else if (this.mode === "menu") this.root.replaceChildren(this.menuBar());
    else this.root.replaceChildren(this.inputBar());
  }

  followBar(state) {
    return el("div.follow", {},
      el("p", {}, state === "left" ? "你已取消关注，关注后可以继续聊" : "关注后就可以和公众号聊天"),
      el("button.primary", { onclick: () => this.phone.happen("subscribe") }, "关注公众号"));
  }

  turn(mode) {
    this.mode = mode;
    this.draw();
    this.root.querySelector(mode === "text" ? "textarea" : "button")?.focus();
  }

  inputBar() {
    const bar = el("div.composer", {});
    if (this.menu.length) bar.append(el("button.icon", { "aria-label": "切换到菜单", onclick: () => this.turn("menu") }, icon("M5 8h14", "M5 12h14", "M5 16h14")));
    const voice = this.mode === "voice";
    bar.append(el("button.icon", { "aria-label": voice ? "切换到键盘" : "切换到语音", onclick: () => this.turn(voice ? "text" : "voice") }, icon(...(voice ? KEYBOARD : MICROPHONE))));
    bar.append(voice ? this.holdButton() : this.textArea());
    const more = el("button.icon", { "aria-label": "更多", "aria-expanded": "false", onclick: () => this.togglePanel(more) }, icon(...PLUS));
    this.sendButton = el("button.send", { onclick: () => this.sendText(), hidden: !this.draft || voice }, "发送");
    this.more = more;
    more.hidden = Boolean(this.draft) && !voice;
    bar.append(more, this.sendButton);
    return bar;
  }

  textArea() {
    this.area = el("textarea", { rows: 1, "aria-label": `以${this.phone.person.name}的身份说`, enterkeyhint: "send",
      oninput: () => this.fit(),
      onkeydown: (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.sendText(); }
      } });
    this.area.value = this.draft;
    return this.area;
  }

  fit() {
    this.area.style.height = "38px";
    this.area.style.height = `${Math.min(116, this.area.scrollHeight)}px`;
    const typed = this.area.value.trim() !== "";
    this.sendButton.hidden = !typed;
    this.more.hidden = typed;
  }

  async sendText() {
    const text = this.area.value.trim();
    if (!text) return;
    this.area.value = "";
    this.fit();
    if (!(await this.phone.say(text))) { this.area.value = text; this.fit(); }
    this.area?.focus();
  }

  holdButton() {
    let since = 0;
    const down = (event) => { event.preventDefault(); since = Date.now(); button.classList.add("down"); button.textContent = "松开 发送"; };
    const up = () => {
      if (!since) return;
      const seconds = Math.max(1, Math.round((Date.now() - since) / 1000));
      since = 0;
      button.classList.remove("down");
      button.textContent = "按住 说话";
      this.phone.send({ kind: "voice", seconds });
    };
    const button = el("button.hold", { onpointerdown: down, onpointerup: up, onpointerleave: up,
      onkeydown: (event) => { if (event.key === " " && !since) down(event); }, onkeyup: (event) => { if (event.key === " ") up(); } }, "按住 说话");
    return button;
  }

  togglePanel(button) {
    const open = this.root.querySelector(".panel");
    button.setAttribute("aria-expanded", String(!open));
    if (open) { open.remove(); return; }
    const entry = (words, drawing, act) => el("button", { onclick: act }, el("span", {}, icon(...drawing)), words);
    this.root.append(el("div.panel", {},
      entry("照片", PICTURE, () => this.pickFile("image", "image/*")),
      entry("视频", FILM, () => this.pickFile("video", "video/*")),
      entry("位置", PIN, () => placeSheet(this.phone)),
      entry("扫一扫", SCAN, () => scanSheet(this.phone, (text) => this.phone.scanned(text)))));
    this.phone.toBottom();
  }

  pickFile(kind, accept) {
    const input = el("input", { type: "file", accept, onchange: async () => {
      if (!input.files.length) return;
      const form = new FormData();
      form.append("file", input.files[0]);
      form.append("kind", kind);
      const answer = await fetch(phonePath(this.phone.openid, "/upload"), { method: "POST", body: form }).catch(() => null);
      if (!answer?.ok) this.phone.toast("没有发出去，请再试一次");
    } });
    input.click();
  }

  menuBar() {
    const bar = el("div.menu", {}, el("button.icon", { "aria-label": "切换到键盘", onclick: () => this.turn("text") }, icon(...KEYBOARD)));
    for (const button of this.menu) {
      const below = button.sub_button?.list || button.sub_button || [];
      const cell = el("div.menu-cell", {});
      const top = el("button", below.length ? { "aria-haspopup": "true", "aria-expanded": "false" } : {}, button.name);
      top.addEventListener("click", () => {
        const open = cell.querySelector(".submenu");
        this.root.querySelectorAll(".submenu").forEach((one) => one.remove());
        if (!below.length) this.tap(button);
        else if (!open) cell.append(this.submenu(below));
        top.setAttribute("aria-expanded", String(below.length > 0 && !open));
      });
      cell.append(top);
      bar.append(cell);
    }
    return bar;
  }

  submenu(items) {
    const list = el("div.submenu", {}, ...items.map((item) => el("button", { onclick: () => { list.remove(); this.tap(item); } }, item.name)));
    return list;
  }

  async tap(button) {
    const { phone } = this;
    if (button.type === "click") phone.happen("CLICK", button.key);
    else if (button.type === "view") { phone.happen("VIEW", button.url); phone.browse(button.url); }
    else if (button.type.startsWith("scancode")) {
      scanSheet(phone, (text) => phone.happen(button.type, button.key, { ScanCodeInfo: { ScanType: "qrcode", ScanResult: text } }));
    } else if (button.type.startsWith("pic_")) this.pickFile("image", "image/*");
    else if (button.type === "location_select") placeSheet(phone);
    else phone.toast("沙盒还不会打开这种菜单");
  }
}

export const reloadMenu = (phone) => call(phonePath(phone.openid)).then((found) => phone.composer.setMenu(found.menu));
