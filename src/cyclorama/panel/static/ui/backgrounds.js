/** The backgrounds that the panel knows: their list, their pictures, and those that the user adds. */

import { ask, askFile, upload } from "../api.js";
import { tell } from "./toast.js";

/**
 * @typedef {object} Background
 * @property {string} id What the setting `background` takes.
 * @property {string} name
 * @property {"builtin" | "recent" | "folder" | "effect"} kind
 * @property {boolean} moving
 */

/** @type {Background[]} */
let known = [];
/** @type {Map<string, Promise<string>>} */
const pictures = new Map();
const changed = new EventTarget();

/** @returns {Background[]} */
export function backgrounds() {
  return known;
}

/** @param {() => void} listener Called when the list has changed. */
export function onBackgrounds(listener) {
  changed.addEventListener("change", listener);
  return () => changed.removeEventListener("change", listener);
}

/** Ask for the list anew. */
export async function loadBackgrounds() {
  known = await ask("/backgrounds");
  changed.dispatchEvent(new Event("change"));
}

/**
 * @param {Background} background
 * @returns {Promise<string>} The address of its picture, for an img; empty where there is none.
 */
export function pictureOf(background) {
  const known = pictures.get(background.id);
  if (known) return known;
  const path = `/backgrounds/${encodeURIComponent(background.id)}/thumbnail`;
  const picture = askFile(path).then(({ blob }) => URL.createObjectURL(blob), () => "");
  pictures.set(background.id, picture);
  return picture;
}

/**
 * Add files of the user; those that cannot be used are told.
 * @param {File[]} files
 * @returns {Promise<Background | undefined>} The last that was added.
 */
export async function addBackgrounds(files) {
  /** @type {Background | undefined} */
  let last;
  for (const file of files) {
    try {
      last = await upload("/backgrounds", file, file.name);
    } catch (error) {
      tell(error);
    }
  }
  await loadBackgrounds();
  return known.find(({ id }) => id === last?.id);
}

/** @param {Background} background One of the user's. */
export async function removeBackground(background) {
  await ask(`/backgrounds/${encodeURIComponent(background.id)}`, { method: "DELETE" });
  pictures.delete(background.id);
  await loadBackgrounds();
}
