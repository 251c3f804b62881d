// Steps from one deviation to the next and unfolds what is folded. The page is whole without it.
(() => {
  "use strict";
  const stops = [...document.querySelectorAll("li[id^='deviation-']")];
  let at = -1;
  const visit = (place) => {
    for (let box = place.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    place.focus({ preventScroll: true });
    place.scrollIntoView({ block: "start" });
  };
  const step = (by) => {
    if (!stops.length) return;
    at = at < 0 && by < 0 ? stops.length - 1 : (at + by + stops.length) % stops.length;
    visit(stops[at]);
  };
  for (const button of document.querySelectorAll("button[data-step]")) {
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
  for (const button of document.querySelectorAll("button[data-unfold]")) {
    button.addEventListener("click", () => {
      const folds = [...document.querySelectorAll("details.fold")];
      const open = folds.some((fold) => !fold.open);
      for (const fold of folds) fold.open = open;
      button.textContent = open ? "fold all" : "unfold all";
    });
  }
  for (const hidden of document.querySelectorAll(".stepping, .tools")) {
    hidden.hidden = hidden.matches(".tools") && !document.querySelector("details.fold");
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    if (event.key === "n") step(1);
    if (event.key === "p") step(-1);
  });
  const toHash = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (place && place.closest("details")) visit(place);
    if (place && stops.includes(place)) at = stops.indexOf(place);
  };
  addEventListener("hashchange", toHash);
  toHash();
})();
