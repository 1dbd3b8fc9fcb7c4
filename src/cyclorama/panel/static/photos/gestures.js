/** Pointer, touch and wheel on the brush's canvas. */

const WHEEL = 0.0015;
const MIDDLE = 1;

/** @typedef {[number, number]} Point */

/** One pointer draws, or pans with the hand, with space or with the middle button; two pinch and pan. */
export class Gestures {
  /** @param {import("./brush.js").Brush} brush */
  constructor(brush) {
    this.brush = brush;
    /** @type {Map<number, Point>} */
    this.pointers = new Map();
    this.panning = false;
    const { canvas } = brush;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#up(event));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const { brush } = this;
    brush.canvas.setPointerCapture(event.pointerId);
    brush.canvas.focus({ preventScroll: true });
    this.pointers.set(event.pointerId, where(event));
    if (this.pointers.size > 1) {
      brush.cancel();
      this.panning = true;
    } else {
      this.panning = brush.tool === "hand" || event.button === MIDDLE || brush.canvas.classList.contains("held");
      if (!this.panning) brush.begin(brush.view.toPicture(where(event)));
    }
    brush.canvas.classList.toggle("panning", this.panning);
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { brush } = this;
    const before = this.pointers.get(event.pointerId);
    if (this.panning && before) this.#drag(event.pointerId, before, where(event));
    else for (const each of samples(event)) brush.extend(brush.view.toPicture(where(each)));
  }

  /** @param {number} id @param {Point} before @param {Point} now */
  #drag(id, before, now) {
    const { view } = this.brush;
    const other = [...this.pointers].find(([each]) => each !== id)?.[1];
    if (other) view.zoom(distance(now, other) / Math.max(1, distance(before, other)), middle(before, other));
    const share = other ? 0.5 : 1;
    view.pan((now[0] - before[0]) * share, (now[1] - before[1]) * share);
    this.pointers.set(id, now);
    if (!other) this.brush.canvas.dataset.panned = "yes";
    this.brush.draw();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) {
      this.panning = false;
      this.brush.canvas.classList.remove("panning");
    }
    this.brush.end();
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    this.brush.zoom(Math.exp(-event.deltaY * WHEEL * (event.ctrlKey ? 5 : 1)), where(event));
  }
}

/** @param {MouseEvent} event @returns {Point} */
function where(event) {
  return [event.offsetX, event.offsetY];
}

/** @param {PointerEvent} event @returns {PointerEvent[]} With those that the browser left out between two frames. */
function samples(event) {
  const all = event.getCoalescedEvents?.() ?? [];
  return all.length ? all : [event];
}

/** @param {Point} one @param {Point} other */
function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

/** @param {Point} one @param {Point} other @returns {Point} */
function middle(one, other) {
  return [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
}
