/** The gallery of backgrounds: picture cards, one of which is chosen; beside them what a chosen one can be told. */

import { addBackgrounds, backgrounds, onBackgrounds, pictureOf, removeBackground } from "./backgrounds.js";
import { confirm } from "./dialog.js";
import { BLANK, fill, h, icon, newId } from "./dom.js";
import { sliderField } from "./fields.js";
import { fileButton } from "./files.js";
import { colorName, COLORS, cssGradient, defaultPaint, readSpec, specOf } from "./paint.js";
import { attempt } from "./toast.js";
import { capital } from "./words.js";

/** @typedef {import("./backgrounds.js").Background} Background */

/**
 * A card that is not in the panel's list.
 * @typedef {{spec: string, name: string, art: string, confirm?: {title: string, text: string, yes: string}}} Special
 */

/** @type {Special} */
export const TRANSPARENT = { spec: "transparent", name: "Transparent", art: "checks" };
/** @type {Special} */
export const REAL_ROOM = {
  spec: "none",
  name: "Your real room",
  art: "room",
  confirm: {
    title: "Show your real room?",
    text: "Everybody in the call, and every recording, will see what is really behind you until you choose another background.",
    yes: "Show my room",
  },
};
/** Of a photographer's studio, for headshots. @type {Special[]} */
export const BACKDROPS = ["grey", "warm", "blue", "dark"]
  .map((tone) => ({ spec: `studio-${tone}`, name: `Studio ${tone}`, art: `studio-${tone}` }))
  .concat({ spec: "white", name: "White", art: "white" });
const EFFECTS = [
  { kind: "blur", name: "Blur" },
  { kind: "color", name: "Colour" },
  { kind: "gradient", name: "Gradient" },
];

/** One gallery; several can stand on the page. */
export class Gallery {
  /**
   * @param {object} options
   * @param {string} options.label For screen readers.
   * @param {(spec: string) => unknown} options.onChoose
   * @param {Special[]} [options.first] Cards before all others.
   * @param {Special[]} [options.last] Cards after all others.
   * @param {boolean} [options.blur] Whether blur is offered.
   * @param {boolean} [options.moving] Whether clips are offered.
   */
  constructor({ label, onChoose, first = [], last = [], blur = true, moving = true }) {
    this.onChoose = onChoose;
    this.first = first;
    this.last = last;
    this.moving = moving;
    this.effects = EFFECTS.filter(({ kind }) => blur || kind !== "blur");
    this.paint = defaultPaint();
    this.spec = "";
    this.name = newId();
    this.cards = h("div", { class: "cards", role: "radiogroup", "aria-label": label });
    this.options = h("div", { class: "gallery-options" });
    this.element = h("div", { class: "gallery" }, this.cards, this.options);
    this.forget = onBackgrounds(() => this.#build());
    this.#build();
  }

  /** @param {string} spec The background in force. */
  show(spec) {
    if (spec === this.spec) return;
    this.spec = spec;
    readSpec(this.paint, spec);
    this.#mark();
  }

  /** Take files of the user, and choose the last. @param {File[]} files */
  async add(files) {
    this.cards.classList.add("busy");
    const added = await attempt(() => addBackgrounds(files));
    this.cards.classList.remove("busy");
    if (added) this.#choose(added.id);
  }

  /** Hear no more of changes of the list. */
  close() {
    this.forget();
  }

  #build() {
    const special = new Set(this.first.map(({ spec }) => spec));
    const listed = backgrounds().filter(({ kind, moving, id }) => kind !== "effect" && (this.moving || !moving) && !special.has(id));
    const focused = /** @type {HTMLInputElement | null} */ (this.cards.querySelector(":focus"))?.value;
    fill(
      this.cards,
      ...this.first.map((special) => this.#special(special)),
      ...this.effects.map(({ kind, name }) => this.#effect(kind, name)),
      ...listed.map((background) => this.#listed(background)),
      this.#addCard(),
      ...this.last.map((special) => this.#special(special)),
    );
    this.#mark();
    if (focused) /** @type {HTMLElement | null} */ (this.cards.querySelector(`[value="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {Special} special */
  #special(special) {
    const choose = async () => {
      const sure = !special.confirm || (await confirm(special.confirm.title, special.confirm.text, special.confirm.yes));
      if (sure) this.#choose(special.spec);
      else this.#mark();
    };
    return this.#card(special.spec, special.name, h("div", { class: `art ${special.art}` }), choose);
  }

  /** @param {string} kind @param {string} name */
  #effect(kind, name) {
    const art = h("div", { class: `art ${kind}` });
    return this.#card(kind, name, art, () => this.#choose(specOf(this.paint, kind)));
  }

  /** @param {Background} background */
  #listed(background) {
    const name = capital(background.name);
    const picture = h("img", { alt: "", class: "art", src: BLANK, draggable: "false" });
    void pictureOf(background).then((address) => address && (picture.src = address));
    const card = this.#card(background.id, name, picture, () => this.#choose(background.id));
    if (background.moving) card.append(h("span", { class: "badge", title: "It moves" }, icon("clip")));
    if (background.kind === "folder") card.append(this.#removeButton(background, name));
    return card;
  }

  /** @param {string} value @param {string} name @param {HTMLElement} art @param {() => unknown} choose */
  #card(value, name, art, choose) {
    const input = h("input", { type: "radio", name: this.name, value, id: newId() });
    input.addEventListener("change", choose);
    const label = h("label", { for: input.id, title: name }, art, h("span", { class: "name" }, name));
    return h("div", { class: "card" }, input, label);
  }

  /** @param {Background} background @param {string} name */
  #removeButton(background, name) {
    const remove = async () => {
      const sure = await confirm(`Remove ${name}?`, "The file is deleted from your folder of backgrounds.", "Remove");
      if (sure) await attempt(() => removeBackground(background));
    };
    return h("button", { class: "remove only-icon", "aria-label": `Remove ${name}`, onclick: remove }, icon("close"));
  }

  #addCard() {
    const accept = this.moving ? "image/*,video/*,.mkv" : "image/*";
    return h("div", { class: "card add" }, fileButton("Add yours", { accept, multiple: true, icon: "plus" }, (files) => this.add(files)));
  }

  /** @param {string} spec */
  #choose(spec) {
    this.spec = spec;
    this.#mark();
    void this.onChoose(spec);
  }

  #mark() {
    const kind = readSpec(this.paint, this.spec);
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (this.cards.querySelectorAll("input[type=radio]"))) {
      input.checked = input.value === (kind || this.spec);
    }
    this.#art("color").style.background = this.paint.color;
    this.#art("gradient").style.background = cssGradient(this.paint);
    if (this.shownOptions !== kind) this.#offer(kind);
    this.update?.();
  }

  /** @param {string} kind */
  #art(kind) {
    return /** @type {HTMLElement} */ (this.cards.querySelector(`.art.${kind}`));
  }

  /** @param {string} kind */
  #offer(kind) {
    this.shownOptions = kind;
    /** @type {(() => void) | undefined} */
    this.update = undefined;
    if (kind === "blur") fill(this.options, this.#strength());
    else if (kind === "color") fill(this.options, this.#swatches());
    else if (kind === "gradient") fill(this.options, this.#gradient());
    else fill(this.options);
  }

  #strength() {
    const text = (/** @type {number} */ value) => `${Math.round(100 * value)} %`;
    const field = sliderField("How strong", { min: 0, max: 1, step: 0.05, text }, (value) => {
      this.paint.blur = value;
      this.#choose(specOf(this.paint, "blur"));
    });
    this.update = () => field.show(this.paint.blur);
    return field.element;
  }

  #swatches() {
    const take = (/** @type {string} */ color) => {
      this.paint.color = color;
      this.#choose(specOf(this.paint, "color"));
    };
    const buttons = COLORS.map((color) => {
      const button = h("button", { class: "swatch", "aria-label": colorName(color), title: colorName(color), onclick: () => take(color) });
      button.style.background = color;
      return button;
    });
    const own = colorInput("Your own colour", take);
    this.update = () => {
      own.input.value = this.paint.color;
      buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(COLORS[at] === this.paint.color)));
    };
    return h("div", { class: "swatches", role: "group", "aria-label": "Colour" }, ...buttons, own.element);
  }

  #gradient() {
    const take = () => this.#choose(specOf(this.paint, "gradient"));
    const ends = ["From", "To"].map((label, at) => colorInput(label, (color) => ((this.paint.gradient[at] = color), take())));
    const text = (/** @type {number} */ value) => `${value}°`;
    const angle = sliderField("Direction", { min: 0, max: 345, step: 15, text }, (value) => ((this.paint.angle = value), take()));
    this.update = () => {
      ends.forEach(({ input }, at) => (input.value = this.paint.gradient[at]));
      angle.show(this.paint.angle);
    };
    return h("div", { class: "gradient-options" }, ...ends.map(({ element }) => element), angle.element);
  }
}

/** @param {string} label @param {(color: string) => void} onColor */
function colorInput(label, onColor) {
  const input = h("input", { type: "color", id: newId() });
  input.addEventListener("input", () => onColor(input.value));
  return { input, element: h("div", { class: "color-field" }, input, h("label", { for: input.id }, label)) };
}
