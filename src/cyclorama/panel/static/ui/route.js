/** Which part of the page is shown: #live, #photos, #photos/ID, #clips. */

const PARTS = ["live", "photos", "clips"];
/** @type {((route: {part: string, id: string}) => void)[]} */
const listeners = [];

/** @returns {{part: string, id: string}} */
export function route() {
  const [part, id = ""] = location.hash.slice(1).split("/");
  return PARTS.includes(part) ? { part, id } : { part: PARTS[0], id: "" };
}

/** @param {(route: {part: string, id: string}) => void} listener Called now, and whenever it changes. */
export function onRoute(listener) {
  listeners.push(listener);
  listener(route());
}

/** @param {HTMLElement} view @param {() => unknown} listener Called when the user comes back to the tab, while `view` is shown. */
export function onReturn(view, listener) {
  document.addEventListener("visibilitychange", () => !document.hidden && view.checkVisibility() && listener());
}

/** Show the part that the address names, and follow it from now on. */
export function startRoutes() {
  onRoute(({ part }) => {
    for (const each of PARTS) /** @type {HTMLElement} */ (document.getElementById(`view-${each}`)).hidden = each !== part;
    for (const link of document.querySelectorAll(".tabs a")) {
      if (link.getAttribute("href") === `#${part}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${part.charAt(0).toUpperCase()}${part.slice(1)} – cyclorama`;
  });
  addEventListener("hashchange", () => listeners.forEach((listener) => listener(route())));
}
