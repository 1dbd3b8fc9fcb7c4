/** The canvas with the brush: pointer, touch and keys draw strokes, zoom and pan. */

import { h } from "../ui/dom.js";
import { BrushKeys } from "./brush_keys.js";
import { Gestures } from "./gestures.js";
import { Viewport } from "./viewport.js";

const GHOST = 0.22;
const NARROWEST = 4;
const WIDEST = 160;

/** @typedef {import("./strokes.js").Stroke} Stroke */
/** @typedef {[number, number]} Point */
/** @typedef {"erase" | "restore" | "hand"} Tool */

/** Draws the layers, and tells of every stroke that is done. */
export class Brush {
  /**
   * @param {import("./layers.js").Layers} layers @param {Point} photoWh @param {() => Stroke[]} strokes Those that are done.
   * @param {{onStroke: (stroke: Stroke) => void, onSize: (size: number) => void, onTool: (tool: Tool) => void, say: (text: string) => void}} listeners
   */
  constructor(layers, photoWh, strokes, listeners) {
    this.layers = layers;
    this.strokes = strokes;
    this.listeners = listeners;
    this.view = new Viewport(photoWh);
    /** @type {Tool} */
    this.tool = "erase";
    this.size = 36;
    /** In pixels of the photo. @type {Point} */
    this.cursor = [photoWh[0] / 2, photoWh[1] / 2];
    /** @type {Stroke | null} */
    this.stroke = null;
    /** @type {number | undefined} */
    this.frame = undefined;
    this.canvas = h("canvas", { class: "brush", tabindex: 0, role: "application", "aria-label": "Brush on the photo. Arrow keys move it, Enter puts it down and lifts it, plus and minus zoom." });
    new Gestures(this);
    new BrushKeys(this);
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.canvas);
  }

  /** @returns {number} Radius in pixels of the photo. */
  get radius() {
    return Math.max(0.5, this.size / 2 / this.view.scale);
  }

  /** @param {number} size Diameter in points of the screen. */
  setSize(size) {
    this.size = Math.min(WIDEST, Math.max(NARROWEST, Math.round(size)));
    this.listeners.onSize(this.size);
    this.draw();
  }

  /** @param {Tool} tool */
  setTool(tool) {
    this.tool = tool;
    this.canvas.dataset.tool = tool;
    this.listeners.onTool(tool);
    this.draw();
  }

  /** Put the brush down. @param {Point} point Of the photo. */
  begin(point) {
    if (this.tool === "hand") return;
    this.stroke = { keep: this.tool === "restore", radius: Number(this.radius.toFixed(2)), points: [] };
    this.extend(point);
  }

  /** Move the brush, down or not. @param {Point} point Of the photo. */
  extend(point) {
    this.cursor = point;
    if (this.stroke) {
      const rounded = /** @type {Point} */ (point.map((value) => Number(value.toFixed(1))));
      const last = this.stroke.points.at(-1) ?? rounded;
      this.stroke.points.push(rounded);
      this.layers.paint(this.stroke, [last, rounded]);
    }
    this.draw();
  }

  /** Lift the brush. */
  end() {
    const { stroke } = this;
    this.stroke = null;
    if (stroke) this.listeners.onStroke(stroke);
  }

  /** Forget the stroke that is being drawn: a second finger came down. */
  cancel() {
    this.stroke = null;
    this.layers.show(this.strokes());
    this.draw();
  }

  /** @param {number} factor @param {Point} [at] */
  zoom(factor, at) {
    this.view.zoom(factor, at);
    this.draw();
  }

  /** Show the whole photo. */
  fit() {
    this.view.fit();
    this.draw();
  }

  /** Draw soon; several calls draw once. */
  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.#paint();
    });
  }

  /** Hear no more of the size. */
  close() {
    this.observer.disconnect();
  }

  #resize() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth) return;
    this.canvas.width = clientWidth * devicePixelRatio;
    this.canvas.height = clientHeight * devicePixelRatio;
    this.view.resize(clientWidth, clientHeight);
    this.#paint();
  }

  #paint() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const { scale, offset, picture } = this.view;
    const dpr = devicePixelRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(scale * dpr, 0, 0, scale * dpr, offset[0] * dpr, offset[1] * dpr);
    context.globalAlpha = GHOST; // the photo, faint, so that one sees what can be brought back
    context.drawImage(this.layers.original, 0, 0, ...picture);
    context.globalAlpha = 1;
    context.drawImage(this.layers.canvas, 0, 0, ...picture);
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    if (this.tool !== "hand") this.#paintCursor(context);
  }

  /** @param {CanvasRenderingContext2D} context */
  #paintCursor(context) {
    const [x, y] = this.view.toScreen(this.cursor);
    for (const [color, width] of /** @type {[string, number][]} */ ([["#000", 3], ["#fff", 1.5]])) {
      context.beginPath();
      context.arc(x, y, this.size / 2, 0, 2 * Math.PI);
      context.strokeStyle = color;
      context.lineWidth = width;
      context.stroke();
    }
  }
}
