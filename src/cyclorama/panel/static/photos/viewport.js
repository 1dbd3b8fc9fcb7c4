/** Which part of a picture is seen, and how large: points of the screen to pixels of the picture, and back. */

const CLOSEST = 16;

/** @typedef {[number, number]} Point */

/** Zoom and pan of a picture in a box. */
export class Viewport {
  /** @param {Point} pictureWh */
  constructor(pictureWh) {
    this.picture = pictureWh;
    /** @type {Point} */
    this.box = [1, 1];
    this.scale = 0;
    /** @type {Point} */
    this.offset = [0, 0];
  }

  /** Show the whole picture. */
  fit() {
    this.scale = this.#whole();
    this.offset = each((at) => (this.box[at] - this.picture[at] * this.scale) / 2);
  }

  /** @param {number} width @param {number} height Of the box. */
  resize(width, height) {
    const whole = this.scale <= this.#whole() * 1.001;
    this.box = [width, height];
    if (whole || this.scale < this.#whole()) this.fit();
    this.#clamp();
  }

  /** @param {number} factor @param {Point} at A point of the screen that stays where it is. */
  zoom(factor, at = [this.box[0] / 2, this.box[1] / 2]) {
    const fixed = this.toPicture(at);
    this.scale = Math.min(CLOSEST, Math.max(this.#whole(), this.scale * factor));
    this.offset = each((axis) => at[axis] - fixed[axis] * this.scale);
    this.#clamp();
  }

  /** @param {number} x @param {number} y In points of the screen. */
  pan(x, y) {
    this.offset = [this.offset[0] + x, this.offset[1] + y];
    this.#clamp();
  }

  /** @param {Point} point Of the screen. @returns {Point} Of the picture. */
  toPicture(point) {
    return each((at) => (point[at] - this.offset[at]) / this.scale);
  }

  /** @param {Point} point Of the picture. @returns {Point} Of the screen. */
  toScreen(point) {
    return each((at) => point[at] * this.scale + this.offset[at]);
  }

  /** Move so that a point of the picture is seen. @param {Point} point */
  reveal(point) {
    const margin = 24;
    const [x, y] = this.toScreen(point);
    const into = (/** @type {number} */ value, /** @type {number} */ size) => Math.min(Math.max(value, margin), size - margin) - value;
    this.pan(into(x, this.box[0]), into(y, this.box[1]));
  }

  /** @returns {number} The scale at which the whole picture is seen. */
  #whole() {
    return Math.min(this.box[0] / this.picture[0], this.box[1] / this.picture[1]);
  }

  /** Keep the picture in the box: in its middle where it is smaller, without a gap where it is larger. */
  #clamp() {
    this.offset = each((at) => {
      const room = this.box[at] - this.picture[at] * this.scale;
      return room >= 0 ? room / 2 : Math.min(0, Math.max(room, this.offset[at]));
    });
  }
}

/** @param {(axis: 0 | 1) => number} value @returns {Point} */
function each(value) {
  return [value(0), value(1)];
}
