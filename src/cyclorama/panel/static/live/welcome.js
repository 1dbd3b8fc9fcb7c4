/** The three questions of the first start: which camera, which background, whether to fetch the finer network. */

import { ask } from "../api.js";
import { openDialog } from "../ui/dialog.js";
import { fill, h, icon } from "../ui/dom.js";
import { selectField } from "../ui/fields.js";
import { Gallery } from "../ui/gallery.js";
import { attempt } from "../ui/toast.js";
import { deviceChoices, devices } from "./devices.js";
import { fetchButton, models, plainName, termsOf } from "./models.js";

/** @typedef {{title: string, text: string, make: () => HTMLElement}} Question */

/** Asks the questions in a dialog; every one can be skipped. */
export class Welcome {
  /** @param {import("./session.js").Session} session @param {import("./preview.js").Preview} preview */
  constructor(session, preview) {
    this.session = session;
    this.preview = preview;
    this.at = 0;
    /** @type {Question[]} */
    this.questions = [
      { title: "Which camera?", text: "This is what it sees, with your room already hidden.", make: () => this.#camera() },
      { title: "What should be behind you?", text: "You can change it at any time, also in the middle of a call.", make: () => this.#background() },
      { title: "Finer hair and hands?", text: "The network that comes with cyclorama is fast. A finer one can be fetched; it runs on your machine too.", make: () => this.#network() },
    ];
  }

  /** Open the dialog. */
  open() {
    this.canvas = h("canvas", { class: "welcome-preview", width: 1280, height: 720, role: "img", "aria-label": "What others see" });
    this.body = h("div", { class: "welcome" });
    this.gallery = new Gallery({ label: "Background", onChoose: (spec) => this.session.change({ background: spec }) });
    const silence = this.session.listen(({ settings }) => this.gallery?.show(settings.background));
    const { canvas, gallery } = this;
    const onclose = () => {
      this.preview.detach(canvas);
      silence();
      gallery.close();
      void attempt(() => ask("/session", { method: "PATCH", body: {} })); // so that it is not the first start any more
    };
    this.dialog = openDialog("Welcome to cyclorama", [this.body], { class: "wide", onclose });
    this.preview.attach(canvas, "after");
    this.#show(0);
  }

  /** @param {number} at */
  #show(at) {
    const { title, text, make } = this.questions[at];
    const last = at === this.questions.length - 1;
    const heading = h("h3", { tabindex: -1 }, title);
    const back = h("button", { class: "quiet", onclick: () => this.#show(at - 1) }, "Back");
    const next = h("button", { class: "primary", onclick: () => (last ? this.dialog?.close() : this.#show(at + 1)) }, last ? "Done" : "Next");
    const skip = h("button", { class: "quiet", onclick: () => this.dialog?.close() }, "Skip");
    const step = h("p", { class: "step" }, `${at + 1} of ${this.questions.length}`);
    const buttons = h("div", { class: "buttons end" }, skip, at > 0 && back, next);
    const side = h("div", { class: "welcome-side" }, step, heading, h("p", {}, text), make());
    fill(/** @type {HTMLElement} */ (this.body), /** @type {HTMLElement} */ (this.canvas), side, buttons);
    heading.focus();
  }

  #camera() {
    const field = selectField("Camera", [], (id) => this.session.change({ source: id }));
    field.show(this.session.state?.settings.source);
    void devices().then((found) => found && field.offer(deviceChoices(found.cameras)));
    return field.element;
  }

  #background() {
    return /** @type {Gallery} */ (this.gallery).element;
  }

  #network() {
    const list = h("div", { class: "models" });
    const load = async () => {
      const finer = ((await models()) ?? []).filter((model) => !model.installed);
      const cards = finer.map((model) => {
        const words = h("div", {}, h("strong", {}, plainName(model)), h("span", { class: "help" }, termsOf(model)));
        return h("div", { class: "model away" }, icon("outline"), words, fetchButton(model, load));
      });
      fill(list, ...(cards.length ? cards : [h("p", {}, "You have them all.")]));
    };
    void load();
    return list;
  }
}
