// The other tabs of the inspector: faults on demand, and the clock.
import { call, el } from "./net.js";

const TARGETS = { delivery: "消息投递", api: "接口调用", pay: "支付接口", notice: "支付通知" };
const KINDS = {
  delay: "延迟", drop: "丢失", lose_answer: "应答丢失", duplicate: "重复", reorder: "乱序",
  http_5xx: "服务端 5xx", busy: "系统繁忙 -1", token_expired: "令牌过期 42001", quota: "条数用尽 45047",
  daily_quota: "日限额 45009", ip: "IP 不在白名单 40164",
};

export async function faultsTab(root) {
  const { faults, kinds } = await call("/sandbox/faults");
  const again = (promise) => promise.then(() => faultsTab(root), (problem) => { note.textContent = problem.message; });
  const note = el("p.note", { role: "alert" });
  const target = el("select", { "aria-label": "哪里", onchange: () => fill() },
    ...Object.keys(kinds).map((one) => el("option", { value: one }, TARGETS[one])));
  const kind = el("select", { "aria-label": "什么故障" });
  const fill = () => kind.replaceChildren(...kinds[target.value].map((one) => el("option", { value: one }, KINDS[one] || one)));
  fill();
  const field = (label, value) => {
    const input = el("input", { value, inputmode: "decimal", "aria-label": label });
    return [el("label", {}, label, input), input];
  };
  const [chanceField, chance] = field("概率", "1");
  const [timesField, times] = field("次数（空为一直）", "");
  const [secondsField, seconds] = field("秒数", "1");
  const [matchField, match] = field("只在包含时", "");
  const add = () => again(call("/sandbox/faults", {
    target: target.value, kind: kind.value, probability: chance.value, seconds: seconds.value,
    times: times.value === "" ? null : times.value, match: match.value.trim(),
  }));
  const list = el("ul.faults", {}, ...faults.map((one) => el("li", {},
    el("b", {}, `${TARGETS[one.target]} · ${KINDS[one.kind] || one.kind}`),
    el("small", {}, [`概率 ${one.probability}`, one.remaining === null ? "一直" : `还有 ${one.remaining} 次`,
      ["delay", "reorder"].includes(one.kind) ? `${one.seconds} 秒` : "", one.match].filter(Boolean).join("，")),
    el("button.link", { onclick: () => again(call(`/sandbox/faults/${one.id}`, undefined, "DELETE")) }, "撤销"))));
  root.replaceChildren(el("div.knobs", {},
    el("p.soft", {}, "让网络和平台出点问题，看看机器人是否经得起。"),
    el("div.knob-row", {}, target, kind), el("div.knob-row", {}, chanceField, timesField),
    el("div.knob-row", {}, secondsField, matchField),
    el("div.knob-row", {}, el("button.primary", { onclick: add }, "加上"),
      el("button.plain", { onclick: () => again(call("/sandbox/faults", undefined, "DELETE")) }, "全部撤销")),
    note, faults.length ? list : el("p.inspector-empty", {}, "现在一切正常")));
}

export async function clockTab(root) {
  const { now, offset } = await call("/sandbox/clock");
  const move = (seconds) => call("/sandbox/clock", { add: seconds }).then(() => clockTab(root));
  const shown = new Date(now).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", dateStyle: "long", timeStyle: "medium" });
  const jumps = [["1 分钟", 60], ["1 小时", 3600], ["1 天", 86400], ["2 天", 172800]];
  root.replaceChildren(el("div.knobs", {},
    el("p.soft", {}, "沙盒的时钟决定令牌、客服消息窗口、订单和通知重试何时到期，只能往前拨。"),
    el("p.clock-face", {}, shown),
    el("p.soft", {}, offset ? `比现实快 ${Math.round(offset / 36) / 100} 小时` : "与现实同步"),
    el("div.knob-row", {}, ...jumps.map(([words, seconds]) => el("button.plain", { onclick: () => move(seconds) }, `＋${words}`)))));
}
