/** Form controls: each is a label, a native input, and a way to show another value. */

import { h, icon, newId } from "./dom.js";

/**
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {(value: any) => void} show Shows a value; does not call `onChange`.
 */

/** @typedef {{value: any, title: string, note?: string, disabled?: boolean}} Choice */

/**
 * A switch.
 * @param {string} label @param {(on: boolean) => void} onChange @param {string} [help]
 * @returns {Field}
 */
export function switchField(label, onChange, help) {
  const input = h("input", { type: "checkbox", role: "switch", id: newId() });
  input.addEventListener("change", () => onChange(input.checked));
  const element = h("div", { class: "field switch" }, h("label", { for: input.id }, label), input);
  describe(element, input, help);
  return { element, show: (value) => (input.checked = Boolean(value)) };
}

/**
 * A slider with its value in words.
 * @param {string} label
 * @param {{min: number, max: number, step: number, text?: (value: number) => string, help?: string}} options
 * @param {(value: number) => void} onChange Called while it moves.
 * @returns {Field}
 */
export function sliderField(label, options, onChange) {
  const { min, max, step, text = String, help } = options;
  const input = h("input", { type: "range", id: newId(), min, max, step });
  const output = h("output", { for: input.id });
  const tell = () => {
    output.value = text(input.valueAsNumber);
    input.setAttribute("aria-valuetext", output.value);
    input.style.setProperty("--filled", `${(100 * (input.valueAsNumber - min)) / (max - min)}%`);
  };
  input.addEventListener("input", () => (tell(), onChange(input.valueAsNumber)));
  const element = h("div", { class: "field" }, h("div", { class: "field-head" }, h("label", { for: input.id }, label), output), input);
  describe(element, input, help);
  const show = (/** @type {number} */ value) => {
    if (document.activeElement === input && input.matches(":active")) return; // the user moves it
    input.value = String(value);
    tell();
  };
  show(min);
  return { element, show };
}

/**
 * A list to choose one from.
 * @param {string} label @param {Choice[]} choices @param {(value: any) => void} onChange @param {string} [help]
 * @returns {Field & {offer: (choices: Choice[]) => void}}
 */
export function selectField(label, choices, onChange, help) {
  const select = h("select", { id: newId() });
  /** @type {Choice[]} */
  let offered = [];
  let shown = "";
  const offer = (/** @type {Choice[]} */ list) => {
    offered = list;
    select.replaceChildren(...list.map(({ value, title, disabled }) => h("option", { value: value ?? "", disabled }, title)));
    show(shown);
  };
  const show = (/** @type {any} */ value) => {
    shown = String(value ?? "");
    if (shown && !offered.some((each) => String(each.value) === shown)) {
      offered = [...offered, { value: shown, title: shown }];
      select.append(h("option", { value: shown }, shown));
    }
    select.value = shown;
  };
  select.addEventListener("change", () => onChange(offered.find((each) => String(each.value ?? "") === select.value)?.value));
  const element = h("div", { class: "field" }, h("label", { for: select.id }, label), h("div", { class: "select" }, select, icon("chevron")));
  describe(element, select, help);
  offer(choices);
  return { element, show, offer };
}

/**
 * A few words beside each other, one of which is chosen.
 * @param {string} label @param {Choice[]} choices @param {(value: any) => void} onChange
 * @param {{help?: string, hidden?: boolean}} [options] `hidden`: the label is for screen readers alone.
 * @returns {Field}
 */
export function segmentField(label, choices, onChange, { help, hidden = false } = {}) {
  const name = newId();
  const inputs = choices.map((choice) => {
    const input = h("input", { type: "radio", name, id: newId(), value: choice.value });
    input.addEventListener("change", () => onChange(choice.value));
    return input;
  });
  const options = choices.map((choice, at) => [inputs[at], h("label", { for: inputs[at].id }, choice.title)]).flat();
  const legend = h("legend", { class: hidden ? "unseen" : "" }, label);
  const element = h("fieldset", { class: "field segment-field" }, legend, h("div", { class: "segment" }, ...options));
  describe(element, element, help);
  const show = (/** @type {any} */ value) => inputs.forEach((input) => (input.checked = input.value === String(value)));
  return { element, show };
}

/**
 * A text, taken when the user is done with it.
 * @param {string} label @param {(value: string) => void} onChange
 * @param {{help?: string, placeholder?: string}} [options]
 * @returns {Field}
 */
export function textField(label, onChange, { help, placeholder } = {}) {
  const input = h("input", { type: "text", id: newId(), placeholder, spellcheck: "false", autocomplete: "off" });
  input.addEventListener("change", () => onChange(input.value));
  const element = h("div", { class: "field" }, h("label", { for: input.id }, label), input);
  describe(element, input, help);
  const show = (/** @type {any} */ value) => {
    if (document.activeElement !== input) input.value = value ?? "";
  };
  return { element, show };
}

/** @param {HTMLElement} element @param {HTMLElement} input @param {string} [help] */
function describe(element, input, help) {
  if (!help) return;
  const id = newId();
  input.setAttribute("aria-describedby", id);
  element.append(h("p", { class: "help", id }, help));
}
