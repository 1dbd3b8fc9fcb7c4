/** Files that come into the page by button, drop or paste, and files that leave it. */

import { h, icon } from "./dom.js";

export const PICTURES = "image/*,.heic,.heif,.tif,.tiff";
export const CLIPS = "video/*,image/gif,.mkv";

/**
 * A button that opens the browser's own choice of files.
 * @param {string} label
 * @param {{accept: string, multiple?: boolean, class?: string, icon?: string}} options
 * @param {(files: File[]) => void} onFiles
 */
export function fileButton(label, options, onFiles) {
  const input = h("input", { type: "file", accept: options.accept, multiple: options.multiple, hidden: true, tabindex: -1 });
  input.addEventListener("change", () => {
    onFiles([...(input.files ?? [])]);
    input.value = ""; // so that the same file can be chosen again
  });
  const button = h("button", { class: options.class ?? "", onclick: () => input.click() }, icon(options.icon ?? "upload"), label);
  return h("span", { class: "file-button" }, button, input);
}

/**
 * Let files be dropped on an element, and pasted while it is shown.
 * @param {HTMLElement} element
 * @param {(files: File[]) => void} onFiles
 */
export function takeFiles(element, onFiles) {
  let depth = 0; // dragenter and dragleave come for the children too
  const over = (/** @type {number} */ step) => element.classList.toggle("dropping", (depth = Math.max(0, depth + step)) > 0);
  element.addEventListener("dragenter", (event) => hasFiles(event) && (event.preventDefault(), over(1)));
  element.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  element.addEventListener("dragleave", (event) => hasFiles(event) && over(-1));
  element.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(-depth);
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length && element.checkVisibility()) onFiles(files);
  });
}

/** Refuse files that are dropped on anything else: the browser would show them in place of the page. */
export function refuseOtherDrops() {
  for (const kind of /** @type {const} */ (["dragover", "drop"])) {
    addEventListener(kind, (event) => {
      if (event.defaultPrevented || !hasFiles(event)) return;
      event.preventDefault();
      /** @type {DataTransfer} */ (event.dataTransfer).dropEffect = "none";
    });
  }
}

/**
 * Let the browser save a file.
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
