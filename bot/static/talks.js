/* Looks for what is new every three seconds while somebody can see it, keeps the newest line in
   sight, and lays a suggestion into the box, where it may be changed before it is sent. */
(() => {
  const LOOK_EVERY = 3000;
  const lines = () => document.getElementById("lines");
  const look = () => {
    if (window.htmx && lines() && document.visibilityState === "visible") htmx.trigger(lines(), "look");
  };
  const toTheEnd = () => {
    const said = document.querySelector(".said");
    if (said) said.scrollTop = said.scrollHeight;
  };
  setInterval(look, LOOK_EVERY);
  document.addEventListener("visibilitychange", look);
  let last = document.querySelectorAll(".said .customer").length;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "desk") look();
    if (event.detail.target.id !== "lines") return;
    toTheEnd();
    const heard = document.querySelectorAll(".said .customer").length;
    const offers = document.getElementById("suggestions");
    if (heard !== last && offers) htmx.trigger(offers, "heard");
    if (heard > last) tell([...document.querySelectorAll(".said .customer")].at(-1).textContent);
    last = heard;
  });
  document.addEventListener("click", (event) => {
    const tapped = event.target.closest("[data-suggestion]");
    const box = document.querySelector("#answer textarea");
    if (!tapped || !box) return;
    box.value = tapped.dataset.suggestion;
    box.focus();
  });
  toTheEnd();
})();
