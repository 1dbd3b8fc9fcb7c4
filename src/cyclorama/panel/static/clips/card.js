/** One clip: its first picture, how far it is, and what came of it. */

import { askFile } from "../api.js";
import { compare } from "../ui/compare.js";
import { fill, h, icon } from "../ui/dom.js";
import { save } from "../ui/files.js";
import { attempt } from "../ui/toast.js";
import { capital, clock, roughly } from "../ui/words.js";

/**
 * @typedef {object} Clip
 * @property {string} id
 * @property {string} name
 * @property {number | null} seconds
 * @property {[number, number]} size_wh
 * @property {number | null} fps
 * @property {"added" | "waiting" | "working" | "ready" | "failed"} state
 * @property {number} progress
 * @property {number | null} eta_s
 * @property {string | null} error
 */

const LARGEST_SHOWN = 200 << 20;

/** Shows a clip; its buttons call the part that it belongs to. */
export class ClipCard {
  /** @param {Clip} clip @param {{start: (id: string) => unknown, remove: (id: string) => unknown}} part */
  constructor(clip, part) {
    this.clip = clip;
    this.part = part;
    this.picture = h("div", { class: "clip-picture" });
    this.before = h("img", { alt: "" });
    fill(this.picture, this.before);
    this.state = h("div", { class: "clip-state" });
    const name = h("strong", { class: "name", title: clip.name }, clip.name);
    this.element = h("li", { class: "clip-card" }, this.picture, h("div", { class: "clip-words" }, name, h("p", { class: "help" }, facts(clip)), this.state));
    void attempt(async () => (this.before.src = URL.createObjectURL((await askFile(`/clips/${clip.id}/thumbnail`)).blob)));
  }

  /** @param {Clip} clip */
  update(clip) {
    const { state, error } = clip;
    this.clip = clip;
    if (state === "working" && this.bar) this.#progress(clip);
    else if (`${state} ${error}` !== this.shown) this.#show(clip);
    this.shown = `${state} ${error}`;
  }

  /** @param {Clip} clip */
  #show(clip) {
    const { id, state, error } = clip;
    this.bar = undefined;
    const start = h("button", { class: "primary", onclick: () => this.part.start(id) }, state === "added" ? "Convert" : "Convert again");
    const remove = h("button", { class: "quiet", onclick: () => this.part.remove(id) }, icon("trash"), "Remove");
    if (state === "added") fill(this.state, buttons(start, remove));
    else if (state === "failed") fill(this.state, h("p", { class: "notice bad", role: "alert" }, icon("warning"), h("span", {}, `${capital(error ?? "it failed")}.`)), buttons(start, remove));
    else if (state === "ready") this.#ready(start, remove);
    else this.#working(clip);
  }

  /** @param {Clip} clip */
  #working(clip) {
    fill(this.picture, this.before);
    this.bar = h("progress", { max: 1, "aria-label": `Converting ${clip.name}` });
    this.words = h("p", { class: "help" });
    fill(this.state, this.bar, this.words, buttons(h("button", { class: "quiet", onclick: () => this.part.remove(clip.id) }, icon("close"), "Stop and remove")));
    this.#progress(clip);
  }

  /** @param {Clip} clip */
  #progress({ state, progress, eta_s: rest }) {
    const { bar, words } = this;
    if (!bar || !words) return;
    if (progress) bar.value = progress;
    const share = `${Math.round(100 * progress)} %`;
    words.textContent = state === "waiting" ? "Waiting for the clip before it" : rest === null ? share : `${share}, ${roughly(rest)} left`;
  }

  /** @param {HTMLElement} again @param {HTMLElement} remove */
  #ready(again, remove) {
    again.classList.remove("primary");
    const download = h("button", { class: "primary", onclick: () => this.#save() }, icon("download"), "Download");
    fill(this.state, buttons(download, again, remove));
    void attempt(() => this.#play());
  }

  /** Show what came of it, where a browser can play it and it is not too large to fetch. */
  async #play() {
    this.result = undefined;
    const result = await askFile(this.#path(), { most: LARGEST_SHOWN });
    if (!result) return;
    this.result = result;
    const moves = !result.blob.type.startsWith("image/");
    const address = URL.createObjectURL(result.blob);
    const after = moves ? h("video", { src: address, loop: true, playsinline: true }) : h("img", { src: address, alt: "" });
    after.addEventListener(moves ? "loadeddata" : "load", () => this.#compare(after), { once: true });
  }

  /** @param {HTMLVideoElement | HTMLImageElement} after */
  #compare(after) {
    fill(this.picture, compare(this.before, after, `${this.clip.name}, before and after`));
    if (!(after instanceof HTMLVideoElement)) return;
    const play = h("button", { class: "play small", onclick: () => (after.paused ? after.play() : after.pause()) });
    const label = () => fill(play, icon(after.paused ? "play" : "pause"), after.paused ? "Play" : "Pause");
    for (const event of ["play", "pause"]) after.addEventListener(event, label);
    label();
    this.picture.append(play);
  }

  async #save() {
    const file = this.result ?? (await attempt(() => askFile(this.#path())));
    if (file) save(file.blob, file.name);
  }

  #path() {
    return `/clips/${this.clip.id}/result`;
  }
}

/** @param {Clip} clip */
function facts({ seconds, size_wh: [width, height], fps }) {
  const parts = [seconds === null ? "" : clock(seconds), `${width} × ${height}`, fps === null ? "" : `${Math.round(fps)} pictures a second`];
  return parts.filter(Boolean).join(" · ");
}

/** @param {...HTMLElement} children */
function buttons(...children) {
  return h("div", { class: "buttons" }, ...children);
}
