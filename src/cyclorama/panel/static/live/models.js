/** Which network finds the person: those that are here, and those that can be fetched. */

import { ask } from "../api.js";
import { fill, h, icon, newId } from "../ui/dom.js";
import { attempt, say, tell } from "../ui/toast.js";
import { size } from "../ui/words.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").State} State */

/**
 * A row of GET /api/models.
 * @typedef {object} Model
 * @property {string} name
 * @property {string} title
 * @property {string} licence
 * @property {string} licence_note
 * @property {boolean} permissive
 * @property {number | null} bytes
 * @property {boolean} installed
 * @property {"live" | "photos" | "both"} for
 * @property {string | null} speed
 * @property {string} about
 */

const POLL_MS = 500;
const AUTO = { name: "auto", title: "Automatic", about: "The best that this machine keeps up with.", installed: true };

/** @returns {Promise<Model[] | undefined>} */
export function models() {
  return attempt(() => ask("/models"));
}

/** @param {Model} model @returns {string} What to know before fetching it. */
export function costs(model) {
  return [model.bytes ? size(model.bytes) : "", model.licence].filter(Boolean).join(", ");
}

/** The choice of a network. */
export class ModelChoice {
  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    this.name = newId();
    this.list = h("div", { class: "models" });
    this.element = h("fieldset", { class: "field" }, h("legend", {}, "Network"), this.list);
  }

  /** Ask which there are. */
  async load() {
    const all = await models();
    if (!all) return;
    const live = all.filter((model) => model.for !== "photos");
    fill(this.list, ...[AUTO, ...live].map((model) => (model.installed ? this.#here(model) : this.#away(/** @type {Model} */ (model)))));
    this.#mark();
  }

  /** @param {State} state */
  show(state) {
    this.chosen = state.settings.model;
    this.#mark();
  }

  /** @param {State} state @returns {string} What really runs. */
  now(state) {
    return state.status?.model ?? "";
  }

  /** @param {{name: string, title: string, about: string, speed?: string | null}} model */
  #here({ name, title, about, speed }) {
    const input = h("input", { type: "radio", name: this.name, value: name, id: newId() });
    input.addEventListener("change", () => this.session.change({ model: name }));
    const words = h("label", { for: input.id }, h("strong", {}, title), h("span", { class: "help" }, [about, speed].filter(Boolean).join(" · ")));
    return h("div", { class: "model" }, input, words);
  }

  /** @param {Model} model */
  #away(model) {
    const words = h("div", {}, h("strong", {}, model.title), h("span", { class: "help" }, `${model.about} ${model.licence_note}.`));
    return h("div", { class: "model away" }, icon("download"), words, fetchButton(model, () => this.load()));
  }

  #mark() {
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (this.list.querySelectorAll("input[type=radio]"))) {
      input.checked = input.value === this.chosen;
    }
  }
}

/**
 * A button that fetches a network, shows how far it is, and can be told to stop.
 * @param {Model} model @param {() => unknown} onReady
 */
export function fetchButton(model, onReady) {
  const place = h("div", { class: "fetch" });
  const offer = () => fill(place, h("button", { class: "small", onclick: fetchIt }, `Get it (${costs(model)})`));
  const fetchIt = async () => {
    const begun = await attempt(() => ask(`/models/${encodeURIComponent(model.name)}/pull`, { method: "POST" }));
    if (!begun) return;
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Fetching ${model.title}` });
    const stop = () => attempt(() => ask(`/tasks/${begun.id}`, { method: "DELETE" }));
    fill(place, bar, h("button", { class: "small quiet", onclick: stop }, "Stop"));
    (await followTask(begun.id, bar)) ? (say(`${model.title} is here.`), onReady()) : offer();
  };
  offer();
  return place;
}

/** @param {string} id @param {HTMLProgressElement} bar @returns {Promise<boolean>} Whether it was done. */
async function followTask(id, bar) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const task = await ask(`/tasks/${id}`).catch(() => null); // a task that was stopped is gone
    if (!task) return false;
    if (task.total) bar.value = task.done / task.total;
    if (task.state === "failed") tell(new Error(task.error));
    if (task.state !== "working") return task.state === "ready";
  }
}
