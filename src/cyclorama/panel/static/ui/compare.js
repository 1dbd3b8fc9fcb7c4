/** A before/after slider: a range input that lies over two pictures, so that mouse, touch and keys all work. */

import { h } from "./dom.js";

/**
 * @param {HTMLElement} before Shown left of the line.
 * @param {HTMLElement} after Shown right of it.
 * @param {string} label Of the slider, for screen readers.
 */
export function compare(before, after, label) {
  const range = h("input", { type: "range", class: "compare-range", min: 0, max: 100, step: 1, value: 50, "aria-label": label });
  const line = h("div", { class: "compare-line", "aria-hidden": "true" });
  const tags = [h("span", { class: "compare-tag left" }, "Before"), h("span", { class: "compare-tag right" }, "After")];
  before.classList.add("compare-before");
  const root = h("div", { class: "compare" }, after, before, range, line, ...tags);
  const move = () => {
    root.style.setProperty("--split", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value} percent before`);
  };
  range.addEventListener("input", move);
  move();
  return root;
}
