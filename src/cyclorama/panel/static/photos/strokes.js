/** The strokes of the brush on one photo, with undo and redo. Kept by this tab, so that a reload loses none. */

const KEY = "cyclorama.strokes.";

/** @typedef {{keep: boolean, radius: number, points: [number, number][]}} Stroke In pixels of the photo. */

/** @param {string} id Of a photo that is deleted. */
export function forgetStrokes(id) {
  sessionStorage.removeItem(KEY + id);
}

/** What was drawn, and what was taken back. */
export class Strokes {
  /** @param {string} id Of the photo. */
  constructor(id) {
    this.key = KEY + id;
    /** @type {Stroke[]} */
    this.drawn = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
    /** @type {Stroke[]} */
    this.undone = [];
  }

  /** @param {Stroke} stroke */
  add(stroke) {
    this.drawn = [...this.drawn, stroke];
    this.undone = [];
    this.#keep();
  }

  /** @returns {boolean} Whether there was one to take back. */
  undo() {
    return this.#move("drawn", "undone");
  }

  /** @returns {boolean} Whether there was one to draw again. */
  redo() {
    return this.#move("undone", "drawn");
  }

  /** @param {"drawn" | "undone"} from @param {"drawn" | "undone"} to */
  #move(from, to) {
    const last = this[from].at(-1);
    if (!last) return false;
    this[from] = this[from].slice(0, -1);
    this[to] = [...this[to], last];
    this.#keep();
    return true;
  }

  #keep() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.drawn));
    } catch {
      // the browser's store is full: a reload then loses these strokes, and nothing else
    }
  }
}
