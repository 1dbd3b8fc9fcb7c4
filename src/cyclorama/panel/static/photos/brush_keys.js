/** Keys on the brush's canvas. */

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 6;
const LARGE_STEP = 30;
const ZOOM = 1.25;
const SIZE_STEP = 1.15;

/** Arrow keys move the brush, Enter and Space put it down and lift it; Space with a drag pans. */
export class BrushKeys {
  /** @param {import("./brush.js").Brush} brush */
  constructor(brush) {
    this.brush = brush;
    brush.canvas.addEventListener("keydown", (event) => this.#down(event));
    brush.canvas.addEventListener("keyup", (event) => this.#up(event));
    brush.canvas.addEventListener("blur", () => brush.end());
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#act(event)) event.preventDefault();
  }

  /** @param {KeyboardEvent} event @returns {boolean} Whether the key means something. */
  #act(event) {
    const { brush } = this;
    const way = ARROWS[/** @type {keyof typeof ARROWS} */ (event.key)];
    if (way) this.#step(way, event.shiftKey ? LARGE_STEP : STEP);
    else if (event.key === "Enter") this.#toggle();
    else if (event.key === " ") this.#hold(event.repeat);
    else if (event.key === "+" || event.key === "=") brush.zoom(ZOOM);
    else if (event.key === "-") brush.zoom(1 / ZOOM);
    else if (event.key === "0") brush.fit();
    else if (event.key === "[") brush.setSize(Math.min(brush.size - 1, brush.size / SIZE_STEP));
    else if (event.key === "]") brush.setSize(Math.max(brush.size + 1, brush.size * SIZE_STEP));
    else if (event.key === "e") brush.setTool("erase");
    else if (event.key === "r") brush.setTool("restore");
    else if (event.key === "h") brush.setTool("hand");
    else return false;
    return true;
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    const { canvas } = this.brush;
    if (event.key !== " ") return;
    canvas.classList.remove("held");
    if (canvas.dataset.panned !== "yes") this.#toggle();
    event.preventDefault();
  }

  /** @param {boolean} repeated */
  #hold(repeated) {
    const { canvas } = this.brush;
    if (!repeated) canvas.dataset.panned = "no";
    canvas.classList.add("held");
  }

  /** @param {number[]} way @param {number} points Of the screen. */
  #step([x, y], points) {
    const { brush } = this;
    const { view, cursor } = brush;
    if (brush.tool === "hand") {
      view.pan(-x * points * 2, -y * points * 2);
      brush.draw();
      return;
    }
    const moved = [cursor[0] + (x * points) / view.scale, cursor[1] + (y * points) / view.scale];
    const inside = moved.map((value, at) => Math.min(view.picture[at], Math.max(0, value)));
    view.reveal([inside[0], inside[1]]);
    brush.extend([inside[0], inside[1]]);
  }

  #toggle() {
    const { brush } = this;
    if (brush.tool === "hand") return;
    if (brush.stroke) {
      brush.end();
      brush.listeners.say("Brush lifted");
    } else {
      const [x, y] = brush.cursor.map((value, at) => Math.round((100 * value) / brush.view.picture[at]));
      brush.begin(brush.cursor);
      brush.listeners.say(`${brush.tool === "restore" ? "Restoring" : "Erasing"} at ${x} percent from the left, ${y} percent from the top`);
    }
  }
}
