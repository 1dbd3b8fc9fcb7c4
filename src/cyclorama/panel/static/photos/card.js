/** The cards of the photos. */

import { askFile } from "../api.js";
import { h, icon } from "../ui/dom.js";
import { save } from "../ui/files.js";
import { attempt } from "../ui/toast.js";
import { capital } from "../ui/words.js";
import { isBusy, photoPicture } from "./shelf.js";

const WIDTH = 480;
const AGAIN_MS = 1500;

/** One photo on the shelf. */
export class PhotoCard {
  /** @param {import("./shelf.js").Shelf} shelf @param {import("./shelf.js").Photo} photo */
  constructor(shelf, photo) {
    this.photo = photo;
    this.version = 0;
    const { id, name } = photo;
    this.picture = h("img", { alt: "" });
    this.state = h("span", { class: "photo-state", role: "status" });
    const open = h("a", { class: "photo-open", href: `#photos/${id}`, title: name }, h("span", { class: "photo-picture" }, this.picture, this.state), h("span", { class: "name" }, name));
    this.download = h("button", { class: "quiet only-icon", "aria-label": `Download ${name}`, title: "Download", onclick: () => this.#save() }, icon("download"));
    const remove = h("button", { class: "quiet only-icon", "aria-label": `Remove ${name}`, title: "Remove", onclick: () => attempt(() => shelf.remove(id)) }, icon("trash"));
    this.element = h("li", { class: "photo-card" }, open, h("div", { class: "photo-tools" }, this.download, remove));
    this.update(photo);
  }

  /** @param {import("./shelf.js").Photo} photo */
  update(photo) {
    this.photo = photo;
    const failed = photo.state === "failed";
    this.element.classList.toggle("busy", isBusy(photo));
    this.element.classList.toggle("failed", failed);
    const words = { waiting: "Waiting", working: "Working …", ready: "", failed: capital(photo.error ?? "It failed") }[photo.state];
    if (this.state.textContent !== words) this.state.textContent = words;
    this.download.hidden = photo.state !== "ready";
    if (photo.version !== this.version) void this.#show(photo);
  }

  /** @param {import("./shelf.js").Photo} photo */
  async #show({ id, version }) {
    this.version = version;
    const blob = await photoPicture(id, "result", WIDTH).catch(() => null); // many are asked for at a time, or it is made anew
    if (version !== this.version) return;
    if (!blob) {
      this.version = 0;
      if (this.element.isConnected) setTimeout(() => this.update(this.photo), AGAIN_MS);
      return;
    }
    URL.revokeObjectURL(this.picture.src);
    this.picture.src = URL.createObjectURL(blob);
  }

  async #save() {
    const file = await attempt(() => askFile(`/photos/${this.photo.id}/result`));
    if (file) save(file.blob, file.name);
  }
}

/** A photo that is being sent, or waits for that. */
export class SendingCard {
  /** @param {import("./shelf.js").Sending} sending */
  constructor(sending) {
    this.sending = sending;
    const { name } = sending.file;
    this.bar = h("progress", { max: 1, value: 0, "aria-label": `Sending ${name}` });
    const picture = h("span", { class: "photo-picture" }, this.bar);
    const stop = h("button", { class: "quiet only-icon", "aria-label": `Stop sending ${name}`, title: "Stop", onclick: () => sending.stop.abort() }, icon("close"));
    this.element = h("li", { class: "photo-card sending" }, h("span", { class: "photo-open" }, picture, h("span", { class: "name" }, name)), h("div", { class: "photo-tools" }, stop));
  }

  /** Show how far it is. */
  update() {
    this.bar.value = this.sending.sent;
  }
}
