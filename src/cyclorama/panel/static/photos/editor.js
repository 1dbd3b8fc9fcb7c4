/** One photo, large: before and after, what to make of it, and the brush. */

import { askFile } from "../api.js";
import { compare } from "../ui/compare.js";
import { BLANK, fill, h, icon, once } from "../ui/dom.js";
import { save } from "../ui/files.js";
import { latest } from "../ui/latest.js";
import { attempt, say } from "../ui/toast.js";
import { capital } from "../ui/words.js";
import { OptionsForm } from "./options.js";
import { Order } from "./order.js";
import { reportList } from "./report.js";
import { Retouch } from "./retouch.js";
import { isBusy, photoPicture } from "./shelf.js";
import { Strokes } from "./strokes.js";

const WIDTH = 1400;

/** @typedef {import("./shelf.js").Photo} Photo */

/** Edits one photo of the shelf. */
export class Editor {
  /** @param {import("./shelf.js").Shelf} shelf @param {Photo} photo */
  constructor(shelf, photo) {
    this.shelf = shelf;
    this.photo = photo;
    this.order = new Order(photo.made);
    this.strokes = new Strokes(photo.id);
    this.send = latest(() => this.#send());
    this.before = h("img", { alt: "", src: BLANK });
    this.after = h("img", { alt: `${photo.name}, what was made of it`, src: BLANK });
    this.working = h("p", { class: "stage-note", role: "status" });
    this.stage = h("div", { class: "editor-stage" });
    this.report = h("div", { class: "report" });
    this.form = new OptionsForm(this.order, () => this.#changed());
    this.element = h("div", { class: "editor" }, this.#head(), h("div", { class: "editor-main" }, this.stage, this.working), this.#side());
    this.#look();
    void attempt(async () => (this.before.src = await this.#address("original")));
    this.update();
  }

  /** The shelf has changed. */
  update() {
    const photo = this.shelf.find(this.photo.id);
    if (photo) this.photo = photo;
    const busy = isBusy(this.photo) && !this.retouch;
    this.working.textContent = busy ? "Working …" : this.retouch ? "" : capital(this.photo.error ?? "");
    this.stage.classList.toggle("busy", busy);
    if (!this.retouch && photo && !isBusy(photo) && this.shown !== shownAs(photo)) void this.#refresh();
  }

  /** Another photo is looked at, or none. */
  close() {
    this.retouch?.close();
    this.form.close();
    for (const image of [this.before, this.after]) URL.revokeObjectURL(image.src);
  }

  #head() {
    const back = h("a", { class: "button quiet", href: "#photos", "aria-label": "All photos" }, icon("back"), h("span", {}, "All photos"));
    const name = h("h1", { title: this.photo.name }, this.photo.name);
    this.download = h("button", { class: "primary", onclick: () => this.#save() }, icon("download"), "Download");
    return h("div", { class: "editor-head" }, back, name, this.download);
  }

  #side() {
    this.brushButton = h("button", { class: "wide-button", onclick: once(() => this.#toggleBrush()) }, icon("erase"), h("span", {}, "Erase or restore by hand"));
    const all = h("button", { class: "quiet small", onclick: () => this.#applyToAll() }, "Make all photos like this");
    return h("aside", { class: "editor-side", "aria-label": "What to make" }, this.brushButton, this.form.element, this.report, all);
  }

  /** Show before and after. */
  #look() {
    fill(this.stage, compare(this.before, this.after, "Before and after"));
  }

  async #toggleBrush() {
    const words = /** @type {HTMLElement} */ (this.brushButton?.querySelector("span"));
    this.brushButton?.classList.toggle("primary", !this.retouch);
    if (this.retouch) {
      this.retouch.close();
      this.retouch = undefined;
      words.textContent = "Erase or restore by hand";
      this.form.element.inert = false;
      this.#look();
      this.#changed();
      return;
    }
    words.textContent = "Done with the brush";
    this.form.element.inert = true;
    this.retouch = new Retouch(this.stage, this.shelf, this.photo, this.strokes);
    await attempt(() => /** @type {Retouch} */ (this.retouch).open());
    this.stage.scrollIntoView({ block: "nearest" });
  }

  #changed() {
    if (this.brushButton) this.brushButton.hidden = !this.order.brushed;
    void attempt(() => this.send(undefined));
  }

  async #send() {
    await this.shelf.make(this.photo.id, this.order.body(this.strokes.drawn));
    await this.shelf.settled(this.photo.id);
  }

  /** Show the newest result, or why there is none. */
  async #refresh() {
    const { photo } = this;
    if (isBusy(photo)) return;
    this.shown = shownAs(photo);
    if (this.brushButton) this.brushButton.hidden = !this.order.brushed;
    if (this.download) this.download.disabled = photo.state !== "ready";
    fill(this.report, ...reportList(photo));
    if (photo.state !== "ready") {
      this.#show(BLANK); // not what was made before
      return;
    }
    const address = await this.#address("result").catch(() => ""); // it is made anew already, and shown then
    if (address) this.#show(address);
  }

  /** @param {string} address Of what was made. */
  #show(address) {
    URL.revokeObjectURL(this.after.src);
    this.after.src = address;
  }

  /** @param {"original" | "result"} which */
  async #address(which) {
    return URL.createObjectURL(await photoPicture(this.photo.id, which, WIDTH));
  }

  async #save() {
    const file = await attempt(() => askFile(`/photos/${this.photo.id}/result`));
    if (file) save(file.blob, file.name);
  }

  async #applyToAll() {
    const others = this.shelf.photos.filter(({ id }) => id !== this.photo.id);
    await attempt(async () => {
      for (const { id } of others) await this.shelf.make(id, this.order.body(new Strokes(id).drawn));
      say(others.length ? "The other photos are being made like this one." : "This is the only photo here.");
    });
  }
}

/** @param {Photo} photo @returns {string} What tells one result from another. */
function shownAs(photo) {
  return `${photo.version} ${photo.state} ${photo.error}`;
}
