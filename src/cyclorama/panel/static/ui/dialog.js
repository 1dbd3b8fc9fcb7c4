/** Dialogs, on the browser's own element, which keeps the focus inside. */

import { h, icon, newId } from "./dom.js";

/**
 * Open a dialog; it is gone once it is closed, or the page goes to another part (the button Back).
 * @param {string} title
 * @param {import("./dom.js").Child[]} content
 * @param {{class?: string, onclose?: (value: string) => void}} [options]
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, content, options = {}) {
  const id = newId();
  const close = h("button", { class: "quiet only-icon", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"));
  const head = h("header", {}, h("h2", { id }, title), close);
  const dialog = h("dialog", { class: options.class ?? "", "aria-labelledby": id }, head, h("div", { class: "dialog-body" }, ...content));
  const leave = () => dialog.close();
  addEventListener("hashchange", leave);
  dialog.addEventListener("close", () => {
    removeEventListener("hashchange", leave);
    const toasts = dialog.querySelector("#toasts");
    if (toasts) document.body.append(toasts);
    dialog.remove();
    options.onclose?.(dialog.returnValue);
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Ask before something that cannot be taken back.
 * @param {string} title
 * @param {string} text
 * @param {string} yes What the button says.
 * @returns {Promise<boolean>}
 */
export function confirm(title, text, yes) {
  return new Promise((resolve) => {
    const no = h("button", { autofocus: true, onclick: () => dialog.close() }, "Cancel");
    const go = h("button", { class: "danger", onclick: () => dialog.close("yes") }, yes);
    const content = [h("p", {}, text), h("div", { class: "buttons end" }, no, go)];
    const dialog = openDialog(title, content, { class: "narrow", onclose: (value) => resolve(value === "yes") });
  });
}
