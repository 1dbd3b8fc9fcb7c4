/** Make elements. Nothing here takes HTML, so that no name of a file can become markup. */

/** @typedef {Node | string | null | undefined | false} Child */

/** A picture of nothing, for an img whose own is on its way. */
export const BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/**
 * Make an element. `onclick` and its like add a listener; `class` and `dataset` are set as they are; a value of true
 * sets an attribute without value, false, null and undefined leave it out; others are attributes.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...present(children));
  return element;
}

/** A listener that takes a double click as one. @param {() => unknown} listener */
export function once(listener) {
  return (/** @type {MouseEvent} */ { detail: count }) => count < 2 && listener();
}

/** Put the icons into the page, once: they are then there without a connection too. */
export async function loadIcons() {
  const text = await (await fetch("/icons.svg")).text();
  const icons = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  icons.setAttribute("hidden", "");
  document.body.prepend(document.importNode(icons, true));
}

/**
 * One of the icons in icons.svg, for decoration.
 * @param {string} name
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/**
 * Change the icon of a button that `icon` made.
 * @param {Element} within
 * @param {string} name
 */
export function setIcon(within, name) {
  within.querySelector("use")?.setAttribute("href", `#i-${name}`);
}

/**
 * Replace what is in an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

let counted = 0;

/** A new id, for labels and descriptions. */
export function newId() {
  return `n${++counted}`;
}

/** @param {Child[]} children */
function present(children) {
  return /** @type {(Node | string)[]} */ (children.filter((child) => child !== null && child !== undefined && child !== false));
}
