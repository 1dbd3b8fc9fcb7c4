/** What the brush works on: the photo, its cut-out, and the strokes that the panel has not worked in yet. */

const MOST_KEPT = 6;

/** @typedef {import("./strokes.js").Stroke} Stroke */

/** Shows a stroke at once; the panel's own result, which follows the edges, takes its place later. */
export class Layers {
  /** @param {ImageBitmap} original @param {[number, number]} photoWh The size that strokes are in. */
  constructor(original, photoWh) {
    this.original = original;
    this.share = original.width / photoWh[0];
    this.canvas = document.createElement("canvas");
    this.canvas.width = original.width;
    this.canvas.height = original.height;
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.photo = /** @type {CanvasPattern} */ (this.context.createPattern(original, "no-repeat"));
    /** Results of the panel by the number of strokes that are in them. @type {Map<number, ImageBitmap>} */
    this.results = new Map();
  }

  /** @param {number} count Of strokes in it. @param {ImageBitmap} result */
  take(count, result) {
    this.results.get(count)?.close();
    this.results.delete(count);
    this.results.set(count, result);
    const [oldest] = this.results.keys();
    if (this.results.size > MOST_KEPT) this.#drop(oldest);
  }

  /** A stroke was added: results with as many strokes show others. @param {number} count Of strokes now. */
  branch(count) {
    for (const known of [...this.results.keys()]) if (known >= count) this.#drop(known);
  }

  /** Show these strokes: the newest result that has none but them, and the rest painted over it. @param {Stroke[]} strokes */
  show(strokes) {
    const counts = [...this.results.keys()].filter((count) => count <= strokes.length);
    const count = Math.max(0, ...counts);
    const result = this.results.get(count);
    const { width, height } = this.canvas;
    this.context.clearRect(0, 0, width, height);
    if (result) this.context.drawImage(result, 0, 0, width, height);
    for (const stroke of strokes.slice(count)) this.paint(stroke, stroke.points);
  }

  /** @param {Stroke} stroke @param {[number, number][]} points The part of it to paint. */
  paint(stroke, points) {
    const { context, share } = this;
    context.globalCompositeOperation = stroke.keep ? "source-over" : "destination-out";
    context.strokeStyle = stroke.keep ? this.photo : "#000";
    context.lineWidth = 2 * stroke.radius * share;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(points[0][0] * share, points[0][1] * share);
    for (const [x, y] of points) context.lineTo(x * share + 0.01, y * share);
    context.stroke();
    context.globalCompositeOperation = "source-over";
  }

  /** Release the pictures. */
  close() {
    this.original.close();
    for (const count of [...this.results.keys()]) this.#drop(count);
  }

  /** @param {number} count */
  #drop(count) {
    this.results.get(count)?.close();
    this.results.delete(count);
  }
}
