// What WeChat injects into pages: WeixinJSBridge with its till, and <wx-open-subscribe>.
// The frame's name says whose phone this is (phone:<openid>); it survives every navigation.
(() => {
  const SANDBOX = {{ url | tojson }};
  const named = /^phone:([\w-]+)$/.exec(window.name);
  const openid = named ? named[1] : "";

  // Lays a page of the sandbox over this one and gives its answer once.
  function overlay(address, answer) {
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.name = window.name;
    frame.title = "微信";
    frame.style.cssText = "position:fixed;inset:0;width:100%;height:100%;border:0;z-index:2147483647;background:#f2f2f2";
    const heard = (event) => {
      if (event.source !== frame.contentWindow || event.origin !== new URL(SANDBOX).origin) return;
      if (!event.data || !(event.data.cashier || event.data.consent)) return;
      window.removeEventListener("message", heard);
      frame.remove();
      answer(event.data);
    };
    window.addEventListener("message", heard);
    document.body.append(frame);
  }

  const calls = {
    getBrandWCPayRequest(fields, answer) {
      overlay(`${SANDBOX}/cashier?${new URLSearchParams(fields)}`, (said) => answer({
        err_msg: `get_brand_wcpay_request:${said.cashier}`, err_desc: said.err_desc || "",
      }));
    },
    closeWindow() { window.parent.postMessage({ sandbox: "close" }, "*"); },
    hideOptionMenu() {},
    showOptionMenu() {},
  };

  window.WeixinJSBridge = {
    invoke(name, fields, answer = () => {}) {
      if (calls[name]) calls[name](fields || {}, answer);
      else answer({ err_msg: `${name}:fail`, err_desc: "the sandbox does not know this call" });
    },
    call(name) { this.invoke(name, {}); },
    on() {},
  };

  // <wx-open-subscribe template="id1,id2"> asks for consent to notices when it is tapped.
  class Subscribe extends HTMLElement {
    connectedCallback() {
      this.addEventListener("click", () => {
        const ids = this.getAttribute("template") || "";
        overlay(`${SANDBOX}/consent?${new URLSearchParams({ template: ids, as: openid })}`, (said) => {
          const detail = { errMsg: "subscribe:ok", subscribeDetails: JSON.stringify(said.consent) };
          this.dispatchEvent(new CustomEvent("success", { detail }));
        });
      });
      // While the page is being read, the element comes to life before what is inside it.
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.unfold());
      else this.unfold();
    }

    unfold() {
      const slotted = this.querySelector('script[type="text/wxtag-template"]');
      if (slotted) this.innerHTML = slotted.textContent;
    }
  }
  if (!customElements.get("wx-open-subscribe")) customElements.define("wx-open-subscribe", Subscribe);
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
})();
