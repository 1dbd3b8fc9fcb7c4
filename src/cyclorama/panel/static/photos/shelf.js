/** All photos: those that are being sent, and those that the panel has; asked for again while something is being made. */

import { ask, askFile, upload } from "../api.js";
import { tell } from "../ui/toast.js";
import { forgetStrokes } from "./strokes.js";

/**
 * @typedef {object} Photo
 * @property {string} id
 * @property {string} name
 * @property {[number, number]} size_wh
 * @property {"waiting" | "working" | "ready" | "failed"} state
 * @property {string | null} error
 * @property {Record<string, any>} made The order in force.
 * @property {[number, number] | null} result_size_wh
 * @property {number} version Another number means another picture.
 * @property {{rule: string, ok: boolean | null, text: string}[]} report
 * @property {string[]} notes
 */

/** @typedef {{file: File, sent: number, stop: AbortController}} Sending */

const POLL_MS = 400;
const AT_ONCE = 2;
const GONE = 404;

/** @param {Photo | undefined} photo */
export function isBusy(photo) {
  return photo?.state === "waiting" || photo?.state === "working";
}

/** Tells listeners of every change. */
export class Shelf {
  constructor() {
    /** @type {Photo[]} */
    this.photos = [];
    /** @type {Sending[]} */
    this.sending = [];
    /** @type {(() => void)[]} */
    this.listeners = [];
    /** Of those, what waits. @type {Sending[]} */
    this.queue = [];
    this.uploads = 0;
    this.timer = 0;
  }

  /** @param {() => void} listener */
  listen(listener) {
    this.listeners.push(listener);
  }

  /** @param {string} id @returns {Photo | undefined} */
  find(id) {
    return this.photos.find((photo) => photo.id === id);
  }

  /** Send files; they are cut out as they arrive. @param {File[]} files */
  add(files) {
    const entries = files.map((file) => ({ file, sent: 0, stop: new AbortController() }));
    this.sending.push(...entries);
    this.queue.push(...entries);
    this.#tell();
    while (this.uploads < AT_ONCE && this.queue.length) void this.#send();
  }

  /** Ask for all photos, again and again while one is being made. */
  async load() {
    clearTimeout(this.timer);
    this.timer = 0;
    try {
      this.photos = await ask("/photos");
    } catch (error) {
      tell(error);
      return;
    }
    this.#tell();
    if (this.photos.some(isBusy)) this.timer = setTimeout(() => this.load(), POLL_MS);
  }

  /** Make something else of a photo. @param {string} id @param {Record<string, any>} order */
  async make(id, order) {
    this.#put(await ask(`/photos/${id}`, { method: "PUT", body: order }));
    if (!this.timer) this.timer = setTimeout(() => this.load(), POLL_MS);
  }

  /** @param {string} id @returns {Promise<Photo>} The photo, once nothing is being made of it. */
  async settled(id) {
    for (;;) {
      const photo = await ask(`/photos/${id}`);
      this.#put(photo);
      if (!isBusy(photo)) return photo;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS / 2));
    }
  }

  /** @param {string} id */
  async remove(id) {
    await ask(`/photos/${id}`, { method: "DELETE" }).catch((error) => {
      if (error.status !== GONE) throw error; // it was removed in another tab
    });
    this.photos = this.photos.filter((photo) => photo.id !== id);
    forgetStrokes(id);
    this.#tell();
  }

  /** @param {Photo} photo From the panel. */
  #put(photo) {
    this.photos = this.photos.map((each) => (each.id === photo.id ? photo : each));
    this.#tell();
  }

  async #send() {
    const entry = /** @type {Sending} */ (this.queue.shift());
    const { file, stop } = entry;
    this.uploads += 1;
    try {
      const photo = await upload("/photos", file, file.name, (share) => ((entry.sent = share), this.#tell()), stop.signal);
      if (!this.find(photo.id)) this.photos.push(photo);
    } catch (error) {
      tell(error);
    }
    this.sending = this.sending.filter((each) => each !== entry);
    this.uploads -= 1;
    this.#tell();
    if (this.queue.length) void this.#send();
    else await this.load();
  }

  #tell() {
    for (const listener of this.listeners) listener();
  }
}

/**
 * @param {string} id @param {"original" | "result"} which @param {number} width
 * @returns {Promise<Blob>}
 */
export async function photoPicture(id, which, width) {
  return (await askFile(`/photos/${id}/${which}?width=${width}`)).blob;
}
