/* Introduces this page to WeChat's JS-SDK. With data-own-page the menu items that would pass the
   page on are hidden: what it shows is for its reader alone. */
(async (script) => {
  if (!window.wx) return;
  const address = location.href.split("#")[0];
  const answer = await fetch("/jssdk?" + new URLSearchParams({ url: address }));
  if (!answer.ok) return;
  const jsApiList = ["hideAllNonBaseMenuItem", "scanQRCode", "chooseImage", "uploadImage"];
  const openTagList = ["wx-open-subscribe"];
  wx.config({ ...(await answer.json()), debug: false, jsApiList, openTagList });
  if (script.hasAttribute("data-own-page")) wx.ready(() => wx.hideAllNonBaseMenuItem());
})(document.currentScript);
