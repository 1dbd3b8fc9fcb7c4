/** Controls made of the panel's table of settings: a new row appears here by itself. */

import { fill, h, icon } from "../ui/dom.js";
import { segmentField, selectField, sliderField, switchField, textField } from "../ui/fields.js";
import { capital, named } from "../ui/words.js";

/**
 * A row of GET /api/settings.
 * @typedef {object} Row
 * @property {string} key
 * @property {string} group
 * @property {string} kind flag, number, whole, choice, pair, text, ...
 * @property {any[]} choices
 * @property {[number, number] | null} range
 * @property {string | null} default As text.
 * @property {string} unset What applies where the default is null.
 * @property {string} help
 * @property {string} metavar
 * @property {boolean} live Whether it can change while the session runs.
 */

/** @typedef {(key: string, value: any) => void} OnSetting */

/** What the page calls a setting, and how it explains it; others have their own name and the table's help. */
const TEXTS = {
  frame: ["Follow my face", "Keeps your face at the same place and size when you move."],
  zoom: ["Zoom", "Shows a part of the picture larger."],
  pan: ["Shift", "Which part of the picture is shown, while it is zoomed."],
  every: ["Look at every …", "Looking at fewer pictures costs less; the outline follows you in between."],
  smooth: ["Calm outline", "More flickers less, less follows faster."],
  edge: ["Trim or keep more", "Left cuts closer to you, right leaves more."],
  threshold: ["How strict", "Higher keeps less of what is unsure."],
  light_wrap: ["Light on my edge", "Lets the light of the new background fall on your outline."],
  fit: ["Shape", "Fill the picture, or show all that the camera sees with bars."],
  rotate: ["Turn", ""],
  provider: ["Runs on", "Automatic takes the first that works."],
  quality: ["How finely it looks", "Automatic looks as finely as your machine keeps up with."],
  away: ["While I am away", ""],
  audio: ["Sound in recordings", ""],
  on_demand: ["Camera off while nobody watches", "The real camera rests until a program opens the virtual one."],
  fps: ["Pictures a second", ""],
  size: ["Size", ""],
};
/** Settings that few people need; they are folded away. */
export const RARE = new Set(["size", "fps", "rotate", "fit", "provider", "every", "threshold"]);
const UNSET = { value: null, title: "As the camera gives it" };
/** Values to choose from, where any would be taken. @type {Record<string, import("../ui/fields.js").Choice[]>} */
const OFFERED = {
  size: [UNSET, ...["640x360", "1280x720", "1920x1080", "2560x1440", "3840x2160"].map((value) => ({ value, title: value.replace("x", " × ") }))],
  fps: [UNSET, ...[10, 15, 24, 30, 60].map((value) => ({ value, title: String(value) }))],
};
const WORDS = { auto: "Automatic", off: "Off", on: "On", cover: "Fill", contain: "Show all", cpu: "Processor", cuda: "NVIDIA", tensorrt: "TensorRT", directml: "DirectML", coreml: "Core ML" };
const FEW = 4;
const LARGE = 1000;

/** One setting on the page. */
export class SettingControl {
  /** @param {Row} row @param {OnSetting} onSetting @param {import("../ui/fields.js").Choice[]} [choices] */
  constructor(row, onSetting, choices = OFFERED[row.key]) {
    const [name, help] = TEXTS[/** @type {keyof typeof TEXTS} */ (row.key)] ?? [named(row.key), row.help];
    this.row = { ...row, help };
    this.standard = typed(row);
    const change = (/** @type {any} */ value) => onSetting(row.key, value);
    this.field = choices ? selectField(name, choices, change, help) : makeField(this.row, name, change);
    this.reset = h("button", { class: "reset quiet only-icon small", onclick: () => change(this.standard) }, icon("reset"));
    this.reset.setAttribute("aria-label", `Reset ${name}`);
    this.reset.title = "Back to the default";
    this.element = h("div", { class: "setting" }, this.field.element, this.reset);
    if (!row.live) this.field.element.append(h("p", { class: "help restart" }, "The camera starts again."));
  }

  /** @param {any} value */
  show(value) {
    this.field.show(value ?? this.standard);
    this.reset.hidden = String(value ?? null) === String(this.standard);
  }
}

/** @param {Row} row @param {string} name @param {(value: any) => void} onChange */
function makeField(row, name, onChange) {
  const { kind, range, choices, help } = row;
  if (kind === "flag") return switchField(name, onChange, help);
  if (choices.length) return chooser(row, name, onChange);
  if (kind === "pair" && range) return pairField(name, range, onChange, help);
  if (range && range[1] - range[0] <= LARGE && row.default !== null) return numberField(row, name, range, onChange);
  return textField(name, (text) => onChange(text || null), { help, placeholder: row.unset || row.metavar });
}

/** @param {Row} row @param {string} name @param {(value: any) => void} onChange */
function chooser(row, name, onChange) {
  const choices = row.choices.map((value) => ({ value, title: titleOf(row, value) }));
  return choices.length <= FEW ? segmentField(name, choices, onChange, { help: row.help }) : selectField(name, choices, onChange, row.help);
}

/** @param {Row} row @param {any} value */
function titleOf(row, value) {
  if (row.key === "rotate") return `${value}°`;
  if (row.key === "codec" && value !== "auto") return String(value).toUpperCase();
  return WORDS[/** @type {keyof typeof WORDS} */ (value)] ?? capital(String(value));
}

/** @param {Row} row @param {string} name @param {[number, number]} range @param {(value: any) => void} onChange */
function numberField(row, name, range, onChange) {
  const auto = row.default === "auto"; // then 0 stands for it
  const whole = row.kind === "whole";
  const span = range[1] - range[0];
  const step = whole ? 1 : span > 20 ? 0.5 : 0.05;
  const text = (/** @type {number} */ value) => (auto && value === 0 ? "automatic" : String(Number(value.toFixed(2))));
  const field = sliderField(name, { min: range[0], max: range[1], step, text, help: row.help }, (value) => onChange(auto && value === 0 ? "auto" : value));
  return { element: field.element, show: (/** @type {any} */ value) => field.show(value === "auto" ? 0 : value) };
}

/** @param {string} name @param {[number, number]} range @param {(value: any) => void} onChange @param {string} help */
function pairField(name, range, onChange, help) {
  /** @type {[number, number]} */
  let pair = [0, 0];
  const text = (/** @type {number} */ value) => String(Number(value.toFixed(2)));
  const fields = ["left – right", "up – down"].map((way, at) =>
    sliderField(`${name}, ${way}`, { min: range[0], max: range[1], step: 0.05, text }, (value) => {
      pair[at] = value;
      onChange(pair.join(","));
    }),
  );
  const element = h("div", { class: "field" }, ...fields.map((field) => field.element));
  const show = (/** @type {any} */ value) => {
    const parts = typeof value === "string" ? value.split(",") : value;
    pair = [Number(parts[0]), Number(parts[1])];
    fields.forEach((field, at) => field.show(pair[at]));
  };
  if (help) element.append(h("p", { class: "help" }, help));
  return { element, show };
}

/** @param {Row} row @returns {any} Its default as settings have it. */
function typed({ kind, default: text }) {
  if (text === null) return null;
  if (kind === "flag") return text === "yes";
  return kind === "number" || (kind === "whole" && text !== "auto") ? Number(text) : text;
}

/**
 * A part of the page that folds.
 * @param {string} title @param {string} symbol @param {import("../ui/dom.js").Child[]} content
 */
export function foldingPart(title, symbol, content) {
  const now = h("span", { class: "now" });
  const summary = h("summary", {}, icon(symbol), h("h3", {}, title), now, icon("chevron"));
  const body = h("div", { class: "fold-body" }, ...content);
  const element = h("details", { class: "fold" }, summary, body);
  return { element, body, tell: (/** @type {string} */ text) => fill(now, text) };
}
