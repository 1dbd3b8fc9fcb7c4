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
 * @property {any} default
 * @property {string} unset What applies where the default is null.
 * @property {string} help
 * @property {string} metavar
 * @property {boolean} live Whether it can change while the session runs.
 * @property {string[]} commands
 */

/** @typedef {(key: string, value: any, live: boolean) => void} OnSetting */

const NAMES = {
  frame: "Follow my face",
  every: "Look at every … picture",
  smooth: "Calm outline",
  edge: "Trim or keep more",
  threshold: "How strict",
  light_wrap: "Light on my edge",
  fit: "Fit",
  provider: "Runs on",
  away: "While I am away",
  crf: "Compression",
  audio: "Sound in recordings",
  on_demand: "Camera off while nobody watches",
  fps: "Pictures a second",
  size: "Size",
  hardware: "Use the graphics chip",
  codec: "Format",
};
const WORDS = { auto: "Automatic", off: "Off", on: "On", cover: "Fill", contain: "Show all", cpu: "Processor", cuda: "NVIDIA", tensorrt: "TensorRT", directml: "DirectML", coreml: "Core ML" };
const FEW = 4;
const LARGE = 1000;

/** One setting on the page. */
export class SettingControl {
  /** @param {Row} row @param {OnSetting} onSetting @param {import("../ui/fields.js").Choice[]} [choices] */
  constructor(row, onSetting, choices) {
    this.row = row;
    this.name = NAMES[/** @type {keyof typeof NAMES} */ (row.key)] ?? named(row.key);
    const change = (/** @type {any} */ value) => onSetting(row.key, value, row.live);
    this.field = choices ? selectField(this.name, choices, change, row.help) : makeField(row, this.name, change);
    this.reset = h("button", { class: "reset quiet only-icon small", onclick: () => change(null) }, icon("reset"));
    this.reset.setAttribute("aria-label", `Reset ${this.name}`);
    this.reset.title = "Back to the default";
    this.element = h("div", { class: "setting" }, this.field.element, this.reset);
    if (!row.live) this.field.element.append(h("p", { class: "help restart" }, "The camera starts again."));
  }

  /** @param {any} value */
  show(value) {
    this.field.show(value ?? this.row.default);
    this.reset.hidden = same(value ?? null, this.row.default);
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
  element.append(h("p", { class: "help" }, help));
  return { element, show };
}

/** @param {any} one @param {any} other */
function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
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
