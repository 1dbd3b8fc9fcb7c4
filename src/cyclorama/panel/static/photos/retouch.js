/** Retouching a photo: the brush, its tools, and the panel that works every stroke in. */

import { fill, h, icon } from "../ui/dom.js";
import { segmentField, sliderField } from "../ui/fields.js";
import { latest } from "../ui/latest.js";
import { attempt } from "../ui/toast.js";
import { capital } from "../ui/words.js";
import { Brush } from "./brush.js";
import { Layers } from "./layers.js";
import { brushOrder } from "./order.js";
import { photoPicture } from "./shelf.js";

const WIDTH = 1600;
const ZOOM = 1.5;
const TOOLS = [
  { value: "erase", title: "Erase" },
  { value: "restore", title: "Restore" },
  { value: "hand", title: "Move" },
];

/** Shows the brush in an element. */
export class Retouch {
  /**
   * @param {HTMLElement} place @param {import("./shelf.js").Shelf} shelf @param {import("./shelf.js").Photo} photo
   * @param {import("./strokes.js").Strokes} strokes
   */
  constructor(place, shelf, photo, strokes) {
    this.place = place;
    this.shelf = shelf;
    this.photo = photo;
    this.strokes = strokes;
    this.spoken = h("p", { class: "unseen", role: "status" });
    this.working = h("span", { class: "working", role: "status" });
    this.note = h("p", { class: "stage-note", role: "status" });
    this.send = latest(() => this.#render());
    fill(place, h("p", { class: "loading" }, "Getting the photo …"));
  }

  /** Get the photo and its cut-out, and show them. */
  async open() {
    const { photo } = this;
    const width = Math.min(WIDTH, photo.size_wh[0]);
    const original = await createImageBitmap(await photoPicture(photo.id, "original", width));
    this.layers = new Layers(original, photo.size_wh);
    this.brush = new Brush(this.layers, photo.size_wh, () => this.strokes.drawn, {
      onStroke: (stroke) => this.#drawn(stroke),
      onSize: (size) => this.sizeField?.show(size),
      onTool: (tool) => this.toolField?.show(tool),
      say: (text) => (this.spoken.textContent = text),
    });
    await this.#render();
    if (this.closed) return;
    fill(this.place, this.#tools(), this.brush.canvas, this.note, this.spoken);
    this.brush.setTool("erase");
    this.keys = (/** @type {KeyboardEvent} */ event) => this.#key(event);
    document.addEventListener("keydown", this.keys);
    this.brush.canvas.focus({ preventScroll: true });
  }

  /** The brush is put away. */
  close() {
    this.closed = true;
    this.brush?.close();
    if (this.keys) document.removeEventListener("keydown", this.keys);
    this.layers?.close();
  }

  #tools() {
    const brush = /** @type {Brush} */ (this.brush);
    this.toolField = segmentField("Brush", TOOLS, (tool) => brush.setTool(tool), { hidden: true });
    this.sizeField = sliderField("Size", { min: 4, max: 160, step: 1 }, (size) => brush.setSize(size));
    this.sizeField.show(brush.size);
    this.undo = tool("undo", "Undo (Ctrl+Z)", () => this.#step("undo"));
    this.redo = tool("redo", "Redo (Ctrl+Shift+Z)", () => this.#step("redo"));
    const zoom = [
      tool("minus", "Smaller (-)", () => brush.zoom(1 / ZOOM)),
      tool("fit", "Whole photo (0)", () => brush.fit()),
      tool("plus", "Larger (+)", () => brush.zoom(ZOOM)),
    ];
    this.#mark();
    const element = h("div", { class: "brush-tools" }, this.toolField.element, this.sizeField.element);
    element.append(h("div", { class: "tool-group" }, this.undo, this.redo), h("div", { class: "tool-group" }, ...zoom), this.working);
    return element;
  }

  /** @param {import("./strokes.js").Stroke} stroke */
  #drawn(stroke) {
    this.layers?.branch(this.strokes.drawn.length + 1);
    this.strokes.add(stroke);
    this.#changed();
  }

  /** @param {"undo" | "redo"} way */
  #step(way) {
    if (!this.strokes[way]()) return;
    this.spoken.textContent = way === "undo" ? "Stroke taken back" : "Stroke drawn again";
    this.#changed();
  }

  #changed() {
    this.layers?.show(this.strokes.drawn);
    this.brush?.draw();
    this.#mark();
    void attempt(() => this.send(undefined));
  }

  #mark() {
    if (this.undo) this.undo.disabled = !this.strokes.drawn.length;
    if (this.redo) this.redo.disabled = !this.strokes.undone.length;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || !this.place.checkVisibility()) return;
    event.preventDefault();
    this.#step(event.shiftKey ? "redo" : "undo");
  }

  /** Let the panel work the strokes in, and show what comes of it, or why nothing does. */
  async #render() {
    const { drawn } = this.strokes;
    this.working.textContent = "Following the edges …";
    try {
      await this.shelf.make(this.photo.id, brushOrder(drawn));
      const photo = await this.shelf.settled(this.photo.id);
      this.note.textContent = capital(photo.error ?? "");
      if (photo.error) return;
      const result = await createImageBitmap(await photoPicture(photo.id, "result", Math.min(WIDTH, photo.size_wh[0])));
      if (this.closed || this.strokes.drawn.slice(0, drawn.length).some((stroke, at) => stroke !== drawn[at])) return;
      this.layers?.take(drawn.length, result);
      if (!this.brush?.stroke) this.layers?.show(this.strokes.drawn);
      this.brush?.draw();
    } finally {
      this.working.textContent = "";
    }
  }
}

/** @param {string} symbol @param {string} label @param {() => void} onclick */
function tool(symbol, label, onclick) {
  return h("button", { class: "quiet only-icon", "aria-label": label, title: label, onclick }, icon(symbol));
}
