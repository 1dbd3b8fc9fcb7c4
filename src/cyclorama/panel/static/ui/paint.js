/** Backgrounds that need no file, written and read: "blur:0.4", "color:#1e2a38", "gradient:#112233,#445566,90". */

export const COLORS = ["#1e2a38", "#0b6e63", "#3b4a8c", "#7a3e5d", "#c46a3d", "#d8cbb8", "#8a8f94", "#ffffff", "#111315", "#00b140"];
const NAMES = ["Night blue", "Teal", "Indigo", "Plum", "Copper", "Sand", "Grey", "White", "Black", "Screen green"];

/** @param {string} color @returns {string} */
export function colorName(color) {
  return NAMES[COLORS.indexOf(color)] ?? color;
}

/**
 * @typedef {object} Paint
 * @property {number} blur Strength, 0 to 1.
 * @property {string} color
 * @property {[string, string]} gradient
 * @property {number} angle Degrees; 0 runs to the right, 90 downwards.
 */

/** @returns {Paint} */
export function defaultPaint() {
  return { blur: 0.5, color: COLORS[1], gradient: ["#25406b", "#e0a37e"], angle: 90 };
}

/** @param {Paint} paint @param {string} kind "blur", "color" or "gradient". */
export function specOf(paint, kind) {
  if (kind === "blur") return `blur:${paint.blur}`;
  if (kind === "color") return `color:${paint.color}`;
  return `gradient:${paint.gradient.join(",")},${paint.angle}`;
}

/**
 * Take over what a background says.
 * @param {Paint} paint Changed.
 * @param {string} spec
 * @returns {string} "blur", "color" or "gradient"; empty for another background.
 */
export function readSpec(paint, spec) {
  const [kind, rest = ""] = spec.split(/:(.*)/s);
  if (kind === "blur") paint.blur = rest ? Number(rest) : defaultPaint().blur;
  else if (kind === "color") paint.color = hex(rest);
  else if (kind === "gradient") {
    const [from, to, angle = "90"] = rest.split(",");
    paint.gradient = [hex(from), hex(to ?? from)];
    paint.angle = Number(angle);
  } else return "";
  return kind;
}

/** @param {Paint} paint @returns {string} For CSS. */
export function cssGradient(paint) {
  return `linear-gradient(${paint.angle + 90}deg, ${paint.gradient.join(", ")})`;
}

/** @param {string} color A CSS colour. @returns {string} As input type=color takes it. */
function hex(color) {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  context.fillStyle = color.trim();
  return context.fillStyle;
}
