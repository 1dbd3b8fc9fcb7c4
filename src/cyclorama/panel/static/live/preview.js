/** Draws the pictures of the session: one question at a time, none while nobody can see them. */

const FASTEST_MS = 1000 / 30;
const SLOWEST_MS = 1000 / 16;
/** A picture that takes long to get and to draw is followed by a rest of so many times that, within both. */
const REST = 3;
const LONGEST_MS = 3000;
const NARROWEST = 320;
const WIDEST = 1280;

/** @typedef {import("./socket.js").View} View */

/** Each canvas shows one view; a view without a canvas is never asked for. */
export class Preview {
  /** @param {import("./socket.js").LiveSocket} socket @param {() => boolean} wanted */
  constructor(socket, wanted) {
    this.socket = socket;
    this.wanted = wanted;
    /** @type {Map<HTMLCanvasElement, View>} */
    this.canvases = new Map();
    this.turn = 0;
    this.askedMs = -Infinity;
    this.waiting = false;
  }

  /** @param {HTMLCanvasElement} canvas @param {View} view */
  attach(canvas, view) {
    this.canvases.set(canvas, view);
    this.wake();
  }

  /** @param {HTMLCanvasElement} canvas */
  detach(canvas) {
    this.canvases.delete(canvas);
  }

  /** Begin to ask, or go on. */
  wake() {
    const forgotten = performance.now() - this.askedMs > LONGEST_MS;
    if (!this.waiting || forgotten) this.#ask();
  }

  /** Expect no answer any more. */
  rest() {
    this.waiting = false;
  }

  /** @param {View} view @param {Blob} picture */
  async draw(view, picture) {
    this.waiting = false;
    if (picture.size) await this.#show(view, picture);
    const views = new Set(this.canvases.values()).size;
    const took = performance.now() - this.askedMs;
    const pause = Math.min(SLOWEST_MS, Math.max(FASTEST_MS, (REST + 1) * took)) / Math.max(1, views);
    setTimeout(() => this.wake(), picture.size ? Math.max(0, pause - took) : 10 * FASTEST_MS);
  }

  #ask() {
    const views = [...new Set(this.canvases.values())];
    this.waiting = Boolean(views.length) && this.socket.open && this.wanted();
    if (!this.waiting) return;
    const view = views[this.turn++ % views.length];
    this.askedMs = performance.now();
    this.socket.ask(view, this.#width(view));
  }

  /** @param {View} view The widest canvas that shows it, in pixels of the screen. */
  #width(view) {
    const shown = [...this.canvases].filter(([, each]) => each === view).map(([canvas]) => canvas.clientWidth);
    const width = Math.round(Math.max(...shown) * devicePixelRatio);
    return Math.min(WIDEST, Math.max(NARROWEST, width));
  }

  /** @param {View} view @param {Blob} picture */
  async #show(view, picture) {
    const bitmap = await createImageBitmap(picture).catch(() => null);
    if (!bitmap) return;
    for (const [canvas, each] of this.canvases) {
      if (each !== view) continue;
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
      canvas.classList.add("drawn");
    }
    bitmap.close();
  }
}
