/* What came of asking in WeChat. The count is our server's, which WeChat tells by itself: the page
   looks again a moment later. */
(() => {
  const agree = document.getElementById("agree");
  const said = document.getElementById("said");
  if (!agree) return;
  const failed = () => { said.textContent = said.dataset.failed; };
  agree.addEventListener("success", (event) => {
    const verdicts = Object.values(JSON.parse(event.detail.subscribeDetails || "{}"));
    const yes = verdicts.some((one) => String(one).includes("accept"));
    said.textContent = yes ? said.dataset.agreed : said.dataset.refused;
    if (yes) setTimeout(() => location.reload(), 2000);
  });
  agree.addEventListener("error", failed);
  document.addEventListener("WeixinOpenTagsError", failed);
  if (!/MicroMessenger/i.test(navigator.userAgent) && !customElements.get("wx-open-subscribe")) {
    agree.hidden = true;
    said.hidden = true;
    document.getElementById("outside").hidden = false;
  }
})();
