// Turning what was sent into what is seen. Nothing from outside is ever parsed as HTML.
import { avatar, clockTime, el, icon } from "./net.js";

const LINK = /<a\b([^>]*)>([\s\S]*?)<\/a>|(https?:\/\/[^\s<>"'\u3000-\u303f\uff00-\uffef]+)/gi;
const HREF = /href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i;
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
const unescape = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (found) => ENTITIES[found]);

// Text with links; a weixin://bizmsgmenu link sends its words when tapped.
export function richText(text, phone) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(from, found.index));
    from = found.index + found[0].length;
    const href = HREF.exec(found[1] || "");
    const address = found[3] || unescape(href ? href[1] || href[2] || href[3] || "" : "");
    parts.push(tappable(address, found[2] === undefined ? found[3] : found[2], phone));
  }
  parts.push(text.slice(from));
  return parts;
}

function tappable(address, words, phone) {
  const text = words.replace(/<[^>]*>/g, "");
  if (address.startsWith("weixin://bizmsgmenu")) {
    const query = new URLSearchParams(address.split("?")[1] || "");
    const content = query.get("msgmenucontent") || text;
    return el("button.tap", { onclick: () => phone.say(content, query.get("msgmenuid") || "0") }, text);
  }
  if (!/^https?:/i.test(address)) return document.createTextNode(text);
  return el("a", { href: address, onclick: (event) => { event.preventDefault(); phone.browse(address); } }, text);
}

export function stamp(seconds) {
  return el("div.stamp", {}, clockTime(seconds));
}

// One bubble as an element; `mine` tells whose side it is on.
export function draw(bubble, phone) {
  const { kind, body, via } = bubble;
  if (via === "system") return systemLine(bubble, phone);
  if (kind === "news") return newsCard(body, phone);
  if (kind === "template") return templateCard(bubble, phone);
  const mine = via === "me";
  const face = mine ? avatar(phone.person.name) : avatar(phone.accountName, "#07c160");
  const inside = (INSIDES[kind] || INSIDES.text)(body, phone);
  return el(`div.row${mine ? ".mine" : ""}`, { "data-id": bubble.id, "data-via": via }, face, inside);
}

function systemLine(bubble, phone) {
  const line = el("div.system", { "data-id": bubble.id, "data-via": "system" }, bubble.body.text);
  if (bubble.kind === "failure") {
    const why = el("button", { onclick: () => phone.inspect(), title: bubble.body.note }, "看看原因");
    line.append(el("br"), why);
  }
  return line;
}

const INSIDES = {
  text: (body, phone) => el("div.bubble", {}, ...richText(body.text || body.title || "", phone)),
  image: (body) => el("div.bubble.bare", {}, el("img", { src: body.url, alt: "图片", loading: "lazy" })),
  video: (body) => el("div.bubble.bare", {}, el("video", { src: body.url, controls: true, "aria-label": "视频" })),
  voice: (body) => {
    const words = el("span", {}, `${body.seconds || ""}″`);
    const sound = el("div.voice", { "aria-label": `语音 ${body.seconds || ""} 秒` },
      icon("M5 9v6", "M9 6.5a8 8 0 0 1 0 11", "M13 4a12 12 0 0 1 0 16"), words);
    sound.style.width = `${Math.min(200, 64 + 6 * (body.seconds || 2))}px`;
    return el("div.bubble", {}, sound, body.recognition ? el("div.heard", {}, body.recognition) : null);
  },
  location: (body) => el("div.bubble.bare", {}, el("div.place", {},
    el("b", {}, body.label || "位置"), el("small", {}, `${body.x}, ${body.y}`), el("div.place-map", {}, "📍"))),
  music: (body, phone) => linkCard(body, phone),
  link: (body, phone) => linkCard(body, phone),
  miniprogrampage: (body) => el("div.bubble", {}, `小程序 · ${body.title}`),
  msgmenu: (body, phone) => el("div.bubble", {},
    el("div", {}, ...richText(body.head, phone)),
    el("ul.options", {}, ...body.items.map((item) => el("li", {},
      el("button.tap", { onclick: () => phone.say(item.content, item.id) }, item.content)))),
    body.tail ? el("div", {}, ...richText(body.tail, phone)) : null),
};

function linkCard(body, phone) {
  return el("div.bubble.bare", {}, el("button.link-card", { onclick: () => body.url && phone.browse(body.url) },
    body.title || body.url, el("small", {}, body.description || "")));
}

function newsCard({ articles }, phone) {
  const [first, ...others] = articles;
  const open = (article) => () => article.url && phone.browse(article.url);
  const head = el("button.card-tap", { onclick: open(first) });
  if (first.picurl) head.append(el("img.card-cover", { src: first.picurl, alt: "" }));
  head.append(el("div.card-title", {}, first.title));
  if (!others.length) head.append(el("div.card-about", {}, first.description));
  const card = el("div.card", { "data-via": "news" }, head);
  if (!others.length && first.url) card.append(el("button.card-tap.card-more", { onclick: open(first) }, "查看详情"));
  for (const article of others) {
    const picture = article.picurl ? el("img", { src: article.picurl, alt: "" }) : null;
    card.append(el("button.card-tap.card-item", { onclick: open(article) }, article.title, picture));
  }
  if (others.length) head.append(el("div.card-about", {}));
  return card;
}

function templateCard(bubble, phone) {
  const { title, fields, url } = bubble.body;
  const list = el("dl");
  for (const { label, value } of fields) {
    if (label) list.append(el("dt", {}, label), el("dd", {}, value));
    else list.append(el("dd.wide", {}, value));
  }
  const from = bubble.chat === "pay" ? "微信支付" : phone.accountName;
  const card = el("div.card", { "data-id": bubble.id, "data-via": bubble.via },
    el("div.card-from", {}, from), el("div.card-title", {}, title), list);
  if (url) card.append(el("button.card-tap.card-more", { onclick: () => phone.browse(url) }, "详情"));
  return card;
}
