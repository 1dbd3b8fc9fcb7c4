/** The form for what to make of a photo. */

import { fill, h } from "../ui/dom.js";
import { segmentField, selectField, sliderField, switchField } from "../ui/fields.js";
import { BACKDROPS, Gallery, TRANSPARENT } from "../ui/gallery.js";
import { DOCUMENTS, HEADSHOT_PRESETS, SHOPS } from "../ui/presets.js";
import { MAKES } from "./order.js";

/** @typedef {import("./order.js").Order} Order */

const WALLS = [
  { value: "", title: "Leave the wall as it is" },
  { value: "auto", title: "The colour that the rules ask for" },
];

/** Shows the options of the kind in force; calls `onChange` whenever one has changed. */
export class OptionsForm {
  /** @param {Order} order @param {() => void} onChange */
  constructor(order, onChange) {
    this.order = order;
    this.onChange = onChange;
    this.body = h("div", { class: "options" });
    const make = segmentField("Make a", MAKES, (value) => {
      order.make = value;
      this.#build();
      onChange();
    });
    make.show(order.make);
    make.element.classList.add("makes");
    this.element = h("div", {}, make.element, this.body);
    this.#build();
  }

  /** The form is not shown any more. */
  close() {
    this.gallery?.close();
  }

  #build() {
    this.gallery?.close();
    this.gallery = undefined;
    const parts = { cutout: () => this.#cutout(), headshot: () => this.#headshot(), product: () => this.#product(), "id-photo": () => this.#idPhoto() };
    fill(this.body, ...parts[this.order.make]());
  }

  /** @param {string} key @returns {(value: any) => void} */
  #set(key) {
    return (value) => {
      this.order.chosen[key] = value;
      this.onChange();
    };
  }

  #cutout() {
    const { chosen } = this.order;
    const crop = switchField("Crop to the subject", (on) => {
      chosen.margin = on ? "5%" : null;
      margin.element.hidden = !on;
      this.#set("crop")(on);
    });
    const text = (/** @type {number} */ value) => `${value} %`;
    const margin = sliderField("Space around it", { min: 0, max: 30, step: 1, text }, (value) => this.#set("margin")(`${value}%`));
    const shadow = switchField("Soft shadow on the ground", this.#set("shadow"));
    crop.show(chosen.crop);
    margin.show(parseInt(chosen.margin ?? "5"));
    margin.element.hidden = !chosen.crop;
    shadow.show(chosen.shadow);
    return [this.#gallery([TRANSPARENT], chosen.background, this.#set("background")), crop.element, margin.element, shadow.element];
  }

  #headshot() {
    const { chosen } = this.order;
    const preset = segmentField("For", HEADSHOT_PRESETS, (value) => this.#set("preset")([value]));
    preset.show(chosen.preset[0]);
    return [preset.element, this.#gallery([...BACKDROPS, TRANSPARENT], chosen.background[0], (spec) => this.#set("background")([spec]))];
  }

  #product() {
    const { chosen } = this.order;
    const shop = selectField("For", choices(SHOPS), this.#set("shop"), "White background, size and margins as the shop wants them.");
    const shadow = switchField("Soft shadow on the ground", this.#set("shadow"));
    shop.show(chosen.shop);
    shadow.show(chosen.shadow);
    return [shop.element, shadow.element];
  }

  #idPhoto() {
    const { chosen } = this.order;
    const spec = selectField("For", choices(DOCUMENTS), this.#set("spec"), "Size, head and margins as the authority wants them. Only the authority decides whether it is taken.");
    const wall = selectField("Background", WALLS, this.#set("replace_background"), "Several authorities refuse photos whose background was replaced: a plain wall is safest.");
    spec.show(chosen.spec);
    wall.show(chosen.replace_background ?? "");
    return [spec.element, wall.element];
  }

  /** @param {import("../ui/gallery.js").Special[]} first @param {string} spec @param {(spec: string) => void} onChoose */
  #gallery(first, spec, onChoose) {
    this.gallery = new Gallery({ label: "Background", first, moving: false, blur: this.order.make === "cutout", onChoose });
    this.gallery.show(spec);
    return h("div", { class: "field" }, h("h2", {}, "Background"), this.gallery.element);
  }
}

/** @param {Record<string, string>} titles */
function choices(titles) {
  return Object.entries(titles).map(([value, title]) => ({ value, title }));
}
