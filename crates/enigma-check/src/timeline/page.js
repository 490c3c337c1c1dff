"use strict";
const plot = document.querySelector(".plot");
const scroller = plot.parentElement;
const detail = document.querySelector(".detail");
const axes = [...plot.querySelectorAll(".axis")];
const natural = plot.width.baseVal.value;
const span = Number(plot.dataset.span);
const widest = Math.max(natural, Math.min(span * 48, 400_000));
let width = natural;

/** Makes the plot so wide, within reason, and leaves what stands `anchor` pixels from the left where it is. */
function stretch(wanted, anchor = scroller.clientWidth / 2) {
  const { paddingLeft, paddingRight } = getComputedStyle(scroller);
  const room = scroller.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  const share = (scroller.scrollLeft + anchor) / width;
  width = Math.max(room, Math.min(wanted, widest));
  plot.style.width = `${width}px`;
  scroller.scrollLeft = share * width - anchor;
  plot.classList.toggle("tight", width < plot.dataset.roomy);
  const fits = axes.find((axis) => (axis.dataset.step / span) * width >= 80) ?? axes.at(-1);
  for (const axis of axes) axis.classList.toggle("shown", axis === fits);
}

function zoom(factor) {
  stretch(width * factor);
}

/** What an element and the copies or waits that belong to it are found by. */
function relatives(element) {
  const { copy, copies } = element.dataset;
  const selectors = copy ? [`[data-copies~="${copy}"]`] : (copies ?? "").split(" ").filter(Boolean).map((n) => `[data-copy="${n}"]`);
  return selectors.length ? plot.querySelectorAll(selectors.join()) : [];
}

/** Says at once what the browser's own tooltip, which the title would become, says later. */
function describe(element, event) {
  const title = element.querySelector(":scope > title");
  if (title) {
    element.dataset.detail = title.textContent;
    title.remove();
  }
  detail.textContent = element.dataset.detail;
  detail.hidden = false;
  detail.style.left = `${Math.min(event.clientX + 14, innerWidth - detail.offsetWidth - 12)}px`;
  const below = event.clientY + 18;
  detail.style.top = `${below + detail.offsetHeight < innerHeight ? below : event.clientY - detail.offsetHeight - 12}px`;
}

plot.addEventListener("pointermove", (event) => {
  for (const element of plot.querySelectorAll(".related")) element.classList.remove("related");
  const element = event.target.closest(".flight, .work, .wait, .barrier, .simd-barrier, .trouble");
  detail.hidden = !element;
  if (!element) return;
  describe(element, event);
  for (const relative of relatives(element)) relative.classList.add("related");
});
plot.addEventListener("pointerleave", () => (detail.hidden = true));
scroller.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  stretch(width * Math.exp(-event.deltaY / 300), event.clientX - scroller.getBoundingClientRect().left);
}, { passive: false });
addEventListener("keydown", (event) => {
  const factor = { "+": 2, "=": 2, "-": 0.5, 0: 0 }[event.key];
  if (factor !== undefined && !event.ctrlKey && !event.metaKey) zoom(factor);
});
addEventListener("resize", () => stretch(width));
for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoom(Number(button.dataset.zoom)));
for (const link of document.querySelectorAll(".findings a")) {
  link.addEventListener("click", () => document.querySelector(link.hash)?.scrollIntoView({ block: "center", inline: "center" }));
}
stretch(natural);
