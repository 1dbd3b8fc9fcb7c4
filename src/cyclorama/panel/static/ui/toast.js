/** Messages of one sentence at the edge of the page. */

import { ask } from "../api.js";
import { fill, h, icon } from "./dom.js";

const SHOWN_MS = 6000;
const FAILED_MS = 12_000;
const MOST = 3;

/** @param {string} text Something that went well. @param {{label: string, onclick: () => void}} [button] */
export function say(text, button) {
  show(text, "status", SHOWN_MS, button);
}

/**
 * Tell why something failed, with the button that mends it where one is known.
 * @param {unknown} error
 */
export function tell(error) {
  if (!(error instanceof Error)) throw error;
  if (error.message === "stopped") return;
  const fix = "fix" in error ? /** @type {import("../api.js").Fix | null} */ (error.fix) : null;
  const button = fix ? { label: fix.label, onclick: () => mend(fix.action) } : undefined;
  show(error.message, "alert", FAILED_MS, button);
}

/**
 * Run what may fail, and tell why it did.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>}
 */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    tell(error);
    return undefined;
  }
}

/** @param {string} action Of a fix. */
export function mend(action) {
  return attempt(() => ask(`/fixes/${encodeURIComponent(action)}`, { method: "POST" }));
}

/**
 * @param {string} text
 * @param {"status" | "alert"} role
 * @param {number} shownMs
 * @param {{label: string, onclick: () => void}} [button]
 */
function show(text, role, shownMs, button) {
  const place = /** @type {HTMLElement} */ (document.getElementById("toasts"));
  const words = h("p");
  const toast = h("div", { class: `toast ${role}`, role }, icon(role === "alert" ? "warning" : "check"), words);
  const close = () => toast.remove();
  if (button) toast.append(h("button", { class: "small", onclick: () => (close(), button.onclick()) }, button.label));
  toast.append(h("button", { class: "quiet only-icon small", "aria-label": "Close this message", onclick: close }, icon("close")));
  open()?.append(place);
  place.append(toast);
  fill(words, text); // after the live region is there, so that it is read out
  while (place.children.length > MOST) place.firstElementChild?.remove();
  let timer = setTimeout(close, shownMs);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = setTimeout(close, shownMs)));
}

/** Where messages have to be, to be seen: above an open dialog. */
function open() {
  return [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
}
