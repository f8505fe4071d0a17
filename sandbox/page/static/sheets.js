// The cards that slide up from the bottom of a phone: voice, place, scanner, profile.
import { call, el, phonePath } from "./net.js";

const PLACES = [
  ["北京市朝阳区建国门外大街1号", 39.908823, 116.459885],
  ["上海市黄浦区人民大道200号", 31.230416, 121.473701],
  ["广州市天河区体育西路103号", 23.132191, 113.321373],
  ["深圳市南山区科苑路15号", 22.540503, 113.949551],
];

export function openSheet(phone, title, ...content) {
  const before = document.activeElement;
  const close = () => { sheet.remove(); before?.focus?.(); };
  const card = el("div.sheet-card", {}, el("h3", {}, title), ...content);
  const sheet = el("div.sheet", { role: "dialog", "aria-label": title,
    onclick: (event) => { if (event.target === sheet) close(); },
    onkeydown: (event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } },
  }, card);
  phone.root.append(sheet);
  card.querySelector("input, button")?.focus();
  return close;
}

export function placeSheet(phone) {
  const label = el("input", { placeholder: "地址，可留空" });
  const x = el("input", { inputmode: "decimal", placeholder: "纬度，如 39.9088" });
  const y = el("input", { inputmode: "decimal", placeholder: "经度，如 116.4598" });
  const send = (words, latitude, longitude) => {
    close();
    phone.send({ kind: "location", label: words, x: latitude, y: longitude, scale: 16 });
  };
  const close = openSheet(phone, "发送位置",
    el("ul.choices", {}, ...PLACES.map(([words, latitude, longitude]) => el("li", {},
      el("button", { onclick: () => send(words, latitude, longitude) }, words, el("small", {}, `${latitude}, ${longitude}`))))),
    el("label", {}, "或者自己填"), label, el("div.sheet-row", {}, x, y),
    el("div.sheet-row", {}, el("button", { onclick: () => close() }, "取消"),
      el("button.primary", { onclick: () => {
        const [latitude, longitude] = [Number(x.value), Number(y.value)];
        if (!x.value || !y.value || Number.isNaN(latitude + longitude)) phone.toast("请填写纬度和经度");
        else send(label.value.trim(), latitude, longitude);
      } }, "发送")));
}

// A scanner without a camera: pick one of the account's codes, or type what the code says.
export async function scanSheet(phone, onResult) {
  const { codes } = await call("/sandbox/codes");
  const typed = el("input", { placeholder: "场景值、网址或 weixin://wxpay/…" });
  const use = (text) => {
    if (!text) { phone.toast("请先填写二维码的内容"); return; }
    close();
    onResult(text);
  };
  const close = openSheet(phone, "扫一扫",
    codes.length
      ? el("ul.choices", {}, ...codes.map((code) => el("li", {}, el("button", { onclick: () => use(code.scene) }, `带参数二维码：${code.scene}`))))
      : el("p.log-empty", { style: "padding:0 0 8px" }, "公众号还没有生成带参数的二维码"),
    el("label", {}, "二维码的内容"), typed,
    el("div.sheet-row", {}, el("button", { onclick: () => close() }, "取消"),
      el("button.primary", { onclick: () => use(typed.value.trim()) }, "扫描")));
}

export async function profileSheet(phone) {
  const found = await call(phonePath(phone.openid));
  const following = found.state === "following";
  const names = { message: "48 小时内", moment: "1 分钟内", payment: "支付后 48 小时内" };
  const windows = found.windows.map((one) => `${names[one.kind]}还可收 ${one.kind === "payment" ? "不限" : one.remaining} 条`);
  const close = openSheet(phone, phone.accountName,
    el("p.log-empty", { style: "padding:0 0 12px" }, windows.join("，") || "客服消息窗口未打开"),
    el("ul.choices", {},
      el("li", {}, el("button", { onclick: () => { close(); phone.inspect(); } }, "查看收发记录")),
      el("li", {}, following
        ? el("button.danger", { onclick: () => { close(); phone.happen("unsubscribe"); } }, "取消关注")
        : el("button", { onclick: () => { close(); phone.happen("subscribe"); } }, "关注公众号"))),
    el("div.sheet-row", {}, el("button", { onclick: () => close() }, "关闭")));
}
