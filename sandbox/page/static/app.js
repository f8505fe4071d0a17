// The page: who is who, which phones lie on the table, and the live stream that feeds them.
import { avatar, call, el, phonePath } from "./net.js";
import { Inspector } from "./inspector.js";
import { Phone } from "./phone.js";

const KEPT = "sandbox.phones";
const INCOMING = new Set(["reply", "customer", "template", "pay"]);
const $ = (id) => document.getElementById(id);

class App {
  constructor() {
    this.phones = [];
    this.people = new Map();
    this.after = 0;
    this.inspector = new Inspector($("inspector"), $("inspector-toggle"));
    $("newcomer").addEventListener("click", () => this.newcomer());
    $("nobody-pick").addEventListener("click", () => this.pick());
    $("people-close").addEventListener("click", () => $("people").classList.remove("open"));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") $("people").classList.remove("open"); });
    document.addEventListener("visibilitychange", () => this.phones.forEach((phone) => phone.seen()));
  }

  async start() {
    try {
      this.config = await call("/sandbox/config");
      await this.loadPeople();
    } catch (problem) {
      $("live").textContent = "未连接";
      $("live").className = "live off";
      $("people-list").replaceChildren(el("li.log-empty", {}, problem.message));
      setTimeout(() => this.start(), 2000);
      return;
    }
    this.after = Math.max(0, ...[...this.people.values()].map((one) => one.last_id));
    this.listen();
    const query = new URLSearchParams(location.search);
    const wanted = query.get("as") ? query.get("as").split(",") : JSON.parse(localStorage.getItem(KEPT) || '["o_demo_prospect"]');
    for (const who of wanted) {
      const person = [...this.people.values()].find((one) => one.openid === who || one.role === who);
      if (person) this.take(person);
    }
    // A printed code that was read by a real camera leads here: the phone in front scans it.
    if (query.get("ticket") && this.phones.length) this.phones.at(-1).scanned(`${location.origin}/q/${encodeURIComponent(query.get("ticket"))}`);
  }

  async loadPeople() {
    const { phones } = await call("/sandbox/phones");
    for (const one of phones) this.people.set(one.openid, Object.assign(this.people.get(one.openid) || {}, one));
    this.inspector.setPeople([...this.people.values()]);
    this.drawPeople();
  }

  // Strangers may come by the hundred; the list is fetched once for all of them.
  loadPeopleSoon() {
    this.reloading ||= setTimeout(() => { this.reloading = 0; this.loadPeople().catch(() => {}); }, 1000);
  }

  drawPeople() {
    const focused = document.activeElement?.dataset?.openid;
    $("people-list").replaceChildren(...[...this.people.values()].map((one) => {
      const held = this.phones.some((phone) => phone.openid === one.openid);
      return el("li", {}, el("button.person", { "data-openid": one.openid, "aria-pressed": String(held), onclick: () => this.toggle(one) },
        avatar(one.name),
        el("span.person-words", {},
          el("span.person-name", {}, el("b", {}, one.name), el("small", {}, one.title)),
          el("div.person-last", {}, one.last || "")),
        one.unread ? el("span.badge", { "aria-label": `${one.unread} 条未读` }, one.unread > 99 ? "99+" : one.unread) : null));
    }));
    if (focused) document.querySelector(`.person[data-openid="${CSS.escape(focused)}"]`)?.focus();
  }

  narrow() { return matchMedia("(max-width: 760px)").matches; }

  toggle(person) {
    const held = this.phones.find((phone) => phone.openid === person.openid);
    if (held && !this.narrow()) this.putDown(held);
    else this.take(person);
  }

  take(person) {
    let phone = this.phones.find((one) => one.openid === person.openid);
    if (!phone) {
      phone = new Phone(person, this);
      this.phones.push(phone);
      $("phones").append(phone.root);
      phone.start();
    }
    this.phones.forEach((one) => one.root.classList.toggle("front", one === phone));
    $("people").classList.remove("open");
    this.settle();
    phone.root.scrollIntoView({ behavior: "smooth", inline: "center" });
    phone.seen();
    return phone;
  }

  putDown(phone) {
    phone.root.remove();
    this.phones = this.phones.filter((one) => one !== phone);
    this.phones.at(-1)?.root.classList.add("front");
    this.settle();
  }

  settle() {
    $("nobody").hidden = this.phones.length > 0;
    localStorage.setItem(KEPT, JSON.stringify(this.phones.map((one) => one.openid)));
    this.drawPeople();
  }

  pick() {
    $("people").classList.add("open");
    document.querySelector(".person")?.focus();
  }

  async newcomer() {
    const made = await call("/sandbox/phones", {});
    await this.loadPeople();
    this.take(this.people.get(made.openid));
  }

  read(phone) {
    if (phone.person.unread === 0) return;
    phone.person.unread = 0;
    call(phonePath(phone.openid, "/read"), {}).catch(() => {});
    this.drawPeople();
  }

  listen() {
    const source = new EventSource(`/sandbox/stream?phones=*&after=${this.after}`);
    source.onopen = () => { $("live").textContent = "在线"; $("live").className = "live on"; };
    source.onerror = () => { $("live").textContent = "重新连接…"; $("live").className = "live off"; };
    source.addEventListener("bubble", (event) => this.arrived(JSON.parse(event.data)));
    source.addEventListener("hint", (event) => this.hinted(JSON.parse(event.data)));
  }

  arrived(bubble) {
    const person = this.people.get(bubble.openid);
    if (!person) { this.loadPeopleSoon(); return; }
    if (bubble.id <= (person.last_id || 0) && !this.phones.some((phone) => phone.openid === bubble.openid)) return;
    person.last_id = bubble.id;
    person.last = (bubble.body.text || bubble.body.title || bubble.body.articles?.[0].title || bubble.body.head || "[消息]").replace(/<[^>]*>/g, "").slice(0, 60);
    if (INCOMING.has(bubble.via)) person.unread = (person.unread || 0) + 1;
    this.phones.find((phone) => phone.openid === bubble.openid)?.receive(bubble);
    this.drawPeople();
  }

  hinted(hint) {
    if (hint.hint === "traffic") this.inspector.refresh();
    else if (hint.hint === "menu") this.phones.forEach((phone) => phone.refresh());
    else if (hint.hint === "phones") this.loadPeopleSoon();
    else if (hint.hint === "typing") this.phones.find((phone) => phone.openid === hint.openid)?.setTyping(hint.on);
  }
}

new App().start();
