/** What to make of a photo: an order for PUT /api/photos/{id}, as the editor changes it. */

/** @typedef {"cutout" | "headshot" | "product" | "id-photo"} Make */

export const MAKES = [
  { value: "cutout", title: "Cut-out" },
  { value: "headshot", title: "Headshot" },
  { value: "product", title: "Product" },
  { value: "id-photo", title: "ID photo" },
];
const BRUSHED = new Set(["cutout", "product"]);

/** Options of every kind are kept while another kind is looked at. */
export class Order {
  /** @param {Record<string, any>} made The order in force, as the panel tells it. */
  constructor(made) {
    /** @type {Make} */
    this.make = made.make;
    /** @type {Record<Make, Record<string, any>>} */
    this.options = {
      cutout: { background: "transparent", crop: false, shadow: false },
      headshot: { preset: ["square"], background: ["studio-grey"] },
      product: { shop: "square", shadow: true },
      "id-photo": { spec: "us", replace_background: "" },
    };
    const { make, strokes, ...options } = made;
    Object.assign(this.options[this.make], options);
  }

  /** @returns {Record<string, any>} The options of the kind in force. */
  get chosen() {
    return this.options[this.make];
  }

  /** @returns {boolean} Whether the brush is for this kind. */
  get brushed() {
    return BRUSHED.has(this.make);
  }

  /** @param {import("./strokes.js").Stroke[]} strokes @returns {Record<string, any>} For the panel. */
  body(strokes) {
    const given = Object.entries(this.chosen).filter(([, value]) => value !== null && value !== "");
    return { make: this.make, ...Object.fromEntries(given), ...(this.brushed && strokes.length ? { strokes } : {}) };
  }
}

/** @param {import("./strokes.js").Stroke[]} strokes @returns {Record<string, any>} The order whose result lies exactly over the photo. */
export function brushOrder(strokes) {
  return { make: "cutout", background: "transparent", strokes };
}
