// The pay page. The bridge's callback only starts the waiting: what has happened is asked of the
// server, because a callback proves nothing. Beside a code to scan there is no callback: the page
// waits from the beginning.
(function () {
  "use strict";
  const page = document.querySelector(".pay");
  const button = document.getElementById("pay");
  const message = document.getElementById("message");
  const parameters = document.getElementById("wcpay");
  const countdown = document.getElementById("countdown");
  // Counted from the server's seconds: the phone's own clock may be wrong.
  const deadline = performance.now() + 1000 * Number(page.dataset.secondsLeft);
  const isScanned = Boolean(page.dataset.waits);
  const QUICK = 1500, SLOW = 5000, RARE = 15000, QUICK_FOR = 60000, WAIT_FOR = 300000;

  function say(text) { if (message) message.textContent = text; }

  async function status() {
    const answer = await fetch(page.dataset.statusUrl, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).status;
  }

  let waitingSince = 0;
  async function wait() {
    try {
      if ((await status()) !== "payable") { location.reload(); return; }
    } catch (error) { /* The network may come back: the next round asks again. */ }
    const waited = Date.now() - waitingSince;
    if (waited > WAIT_FOR) {
      if (isScanned) { setTimeout(wait, RARE); return; }
      say("支付结果还在确认，到账后会微信通知您，请勿重复支付。");
      return;
    }
    setTimeout(wait, waited < QUICK_FOR ? QUICK : SLOW);
  }

  function called(result) {
    const outcome = (result && result.err_msg) || "";
    if (outcome.endsWith(":ok")) {
      say("正在确认支付结果，请稍候…");
      if (!waitingSince) { waitingSince = Date.now(); wait(); }
      return;
    }
    button.disabled = false;
    say(outcome.endsWith(":cancel") ? "您取消了支付，需要时可以再次点击。"
      : "支付没有完成，没有扣款的话请再试一次。");
  }

  function invoke() {
    window.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(parameters.textContent), called);
  }

  function pay() {
    button.disabled = true;
    say("");
    if (window.WeixinJSBridge) { invoke(); return; }
    let ready = false;
    document.addEventListener("WeixinJSBridgeReady", function () {
      if (!ready) { ready = true; invoke(); }
    }, { once: true });
    setTimeout(function () {
      if (ready) return;
      ready = true;
      button.disabled = false;
      say("请在微信里打开本页，再点击支付。");
    }, 3000);
  }

  function tick() {
    const left = Math.ceil((deadline - performance.now()) / 1000);
    if (left <= 0) {
      // Whoever is at the till already may finish; the server decides what late money means.
      if (!button || !button.disabled) location.reload();
      return;
    }
    const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60;
    countdown.textContent = "剩余 " + (hours ? hours + "小时" : "") + minutes + "分" + (left % 60) + "秒";
    setTimeout(tick, 1000);
  }

  async function look() {
    // The order may have been paid or closed elsewhere while this page lay in the background.
    if (document.visibilityState !== "visible" || waitingSince) return;
    try { if ((await status()) !== "payable") location.reload(); } catch (error) { /* Offline. */ }
  }

  if (button) {
    button.addEventListener("click", pay);
    document.addEventListener("visibilitychange", look);
  }
  if (isScanned) { waitingSince = Date.now(); wait(); }
  if (countdown) tick();
})();
