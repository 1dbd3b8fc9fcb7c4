/** The part Clips: drop clips, choose what is behind, convert, download. */

import { ask, upload } from "../api.js";
import { fill, h, icon } from "../ui/dom.js";
import { segmentField } from "../ui/fields.js";
import { CLIPS, fileButton, takeFiles } from "../ui/files.js";
import { Gallery, TRANSPARENT } from "../ui/gallery.js";
import { onReturn, onRoute } from "../ui/route.js";
import { attempt, tell } from "../ui/toast.js";
import { ClipCard } from "./card.js";

/** @typedef {import("./card.js").Clip} Clip */

const POLL_MS = 500;
const FORMATS = [
  { value: "", title: "As it is" },
  { value: "mp4", title: "MP4" },
  { value: "mov", title: "MOV" },
  { value: "webm", title: "WebM" },
  { value: "gif", title: "GIF" },
];
const QUALITIES = [
  { value: "fast", title: "Fast" },
  { value: "balanced", title: "Balanced" },
  { value: "best", title: "Best" },
];

/** All clips, and what to make of the next that is converted. */
class ClipsPart {
  constructor() {
    /** @type {Map<string, ClipCard>} */
    this.cards = new Map();
    this.order = { background: "office", format: "", quality: "best" };
    this.list = h("ul", { class: "clip-list" });
    this.sending = h("ul", { class: "clip-list" });
    const add = (/** @type {File[]} */ files) => this.add(files);
    this.empty = emptyPart(add);
    const more = fileButton("Add clips", { accept: CLIPS, multiple: true, class: "primary", icon: "plus" }, add);
    const head = h("div", { class: "part-head" }, h("h1", {}, "Clips"), h("div", { class: "buttons" }, more));
    const clips = h("div", {}, this.list, this.sending);
    this.full = h("div", { hidden: true }, head, h("div", { class: "clips" }, clips, this.#choices()));
    this.element = h("div", {}, this.empty, this.full);
  }

  /** @param {File[]} files */
  async add(files) {
    for (const file of files) {
      await this.#send(file);
      await this.load();
    }
  }

  /** @param {File} file */
  async #send(file) {
    const given = new AbortController();
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
    const stop = h("button", { class: "quiet", onclick: () => given.abort() }, icon("close"), "Stop");
    const entry = h("li", { class: "clip-card sending" }, h("strong", { class: "name" }, file.name), bar, h("div", { class: "buttons" }, stop));
    this.sending.append(entry);
    this.#mark();
    try {
      await upload("/clips", file, file.name, (share) => (bar.value = share), given.signal);
    } catch (error) {
      tell(error);
    }
    entry.remove();
  }

  /** Ask for all clips, again and again while one is being converted. */
  async load() {
    clearTimeout(this.timer);
    const clips = /** @type {Clip[] | undefined} */ (await attempt(() => ask("/clips")));
    if (!clips) return;
    for (const clip of clips) {
      const card = this.cards.get(clip.id) ?? new ClipCard(clip, this);
      this.cards.set(clip.id, card);
      card.update(clip);
    }
    const cards = clips.map(({ id }) => /** @type {ClipCard} */ (this.cards.get(id)).element);
    const same = cards.length === this.list.children.length && cards.every((card, at) => card === this.list.children[at]);
    if (!same) fill(this.list, ...cards); // a clip that plays would stop otherwise
    this.#mark();
    if (clips.some(({ state }) => state === "waiting" || state === "working")) this.timer = setTimeout(() => this.load(), POLL_MS);
  }

  /** Convert a clip as it is chosen now. @param {string} id */
  async start(id) {
    const { background, format, quality } = this.order;
    const body = { background, quality, ...(format ? { format } : {}) };
    await attempt(() => ask(`/clips/${id}/start`, { method: "POST", body }));
    await this.load();
  }

  /** Stop converting a clip, and remove it. @param {string} id */
  async remove(id) {
    await attempt(() => ask(`/clips/${id}`, { method: "DELETE" }));
    this.cards.delete(id);
    await this.load();
  }

  #choices() {
    const gallery = new Gallery({ label: "Background", first: [TRANSPARENT], onChoose: (spec) => (this.order.background = spec) });
    gallery.show(this.order.background);
    const format = segmentField("File", FORMATS, (value) => (this.order.format = value), { help: "Transparent clips need MOV or WebM." });
    const quality = segmentField("Outline", QUALITIES, (value) => (this.order.quality = value), { help: "Best takes the longest." });
    format.show(this.order.format);
    quality.show(this.order.quality);
    return h("aside", { class: "clip-choices", "aria-label": "What to make" }, h("h2", {}, "Background"), gallery.element, quality.element, format.element);
  }

  #mark() {
    const some = this.list.children.length + this.sending.children.length > 0;
    this.full.hidden = !some;
    this.empty.hidden = some;
  }
}

/** @param {HTMLElement} view */
export function startClips(view) {
  const part = new ClipsPart();
  view.append(part.element);
  takeFiles(view, (files) => part.add(files));
  onRoute((now) => now.part === "clips" && part.load());
  onReturn(view, () => part.load());
}

/** @param {(files: File[]) => void} add */
function emptyPart(add) {
  return h(
    "div",
    { class: "drop-here" },
    icon("clip"),
    h("h1", {}, "Drop a clip here"),
    h("p", {}, "Every picture of it gets another background, with its sound kept. It stays on this machine."),
    fileButton("Choose clips", { accept: CLIPS, multiple: true, class: "primary" }, add),
    h("p", { class: "help" }, "Or paste a file with Ctrl+V."),
  );
}
