// Talking to the sandbox, and making elements.

export async function call(path, body, method) {
  const options = body === undefined
    ? { method: method || "GET" }
    : { method: method || "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("沙盒没有应答，请确认它还在运行");
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.error || `出错了（${answer.status}）`);
  return found;
}

export const phonePath = (openid, rest = "") => `/sandbox/phones/${encodeURIComponent(openid)}${rest}`;

// el("p.note", {title: "x"}, "text", child…) makes an element; functions named on… become listeners.
export function el(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const made = document.createElement(tag || "div");
  if (classes.length) made.className = classes.join(" ");
  if (tag === "button") made.type = "button";
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// A line drawing from path definitions on a 24×24 grid.
export function icon(...paths) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", d);
    drawing.append(path);
  }
  return drawing;
}

const COLOURS = ["#5b8def", "#f2994a", "#27ae7a", "#9b6dd6", "#e4688a", "#3fa7c4", "#c98a3d", "#7a8ca5"];

// The face of a person is the last letter of the name, that of an account the first.
export function avatar(name, colour) {
  let sum = 0;
  for (const letter of name) sum += letter.codePointAt(0);
  const face = el("span.avatar", { "aria-hidden": "true" }, (colour ? [...name][0] : [...name].pop()) || "?");
  face.style.background = colour || COLOURS[sum % COLOURS.length];
  return face;
}

export function clockTime(seconds) {
  const moment = new Date(seconds * 1000);
  const time = moment.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
  const day = moment.toLocaleDateString("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric" });
  const today = new Date().toLocaleDateString("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric" });
  return day === today ? time : `${day} ${time}`;
}
