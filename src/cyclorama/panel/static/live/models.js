/** Which network finds the person: those that are here, and those that can be fetched. */

import { ApiError, ask } from "../api.js";
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
 * @property {string} licence_summary
 * @property {boolean} permissive
 * @property {number | null} size_bytes
 * @property {string[]} good_for
 * @property {boolean} installed
 */

const POLL_MS = 500;
/** Questions in a row that may stay without an answer: five seconds. */
const MOST_MISSED = 10;
const GONE = 404;
/** The error of a download that the user has stopped. */
const STOPPED = "cancelled";
/** Networks in plain words; others have the title of the catalogue. */
const PLAIN = {
  selfie: "Fast, for people",
  "selfie-wide": "Fast, the wide half alone",
  "selfie-square": "Fast, the square half alone",
  rvm: "Fine hair and hands, calm in motion",
  modnet: "Fine portraits",
  u2netp: "People and things",
};
const AUTO = { name: "auto", title: "Automatic", text: "The best that this machine keeps up with." };

/** @returns {Promise<Model[] | undefined>} Those for a live picture that are here or can be fetched. */
export async function models() {
  const all = /** @type {Model[] | undefined} */ (await attempt(() => ask("/models")));
  return all?.filter(({ good_for, installed, size_bytes }) => good_for.includes("live") && (installed || size_bytes));
}

/** @param {Model} model @returns {string} */
export function plainName({ name, title }) {
  return PLAIN[/** @type {keyof typeof PLAIN} */ (name)] ?? title;
}

/** @param {Model} model @returns {string} What it is called, and what its licence allows. */
export function termsOf({ title, licence, licence_summary: summary }) {
  return `${title}. ${licence}: ${summary || "read the licence first"}.`;
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
    const cards = all.map((model) => (model.installed ? this.#here({ name: model.name, title: plainName(model), text: model.title }) : this.#away(model)));
    fill(this.list, this.#here(AUTO), ...cards);
    this.#mark();
  }

  /** The part was folded. */
  rest() {}

  /** @param {State} state */
  show(state) {
    this.chosen = state.settings.model;
    this.#mark();
  }

  /** @param {State} state @returns {string} What really runs. */
  now(state) {
    return state.status?.model ?? "";
  }

  /** @param {{name: string, title: string, text: string}} model */
  #here({ name, title, text }) {
    const input = h("input", { type: "radio", name: this.name, value: name, id: newId() });
    input.addEventListener("change", () => this.session.change({ model: name }));
    const words = h("label", { for: input.id }, h("strong", {}, title), text && h("span", { class: "help" }, text));
    return h("div", { class: "model" }, input, words);
  }

  /** @param {Model} model */
  #away(model) {
    const words = h("div", {}, h("strong", {}, plainName(model)), h("span", { class: "help" }, termsOf(model)));
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
  const weight = model.size_bytes ? ` (${size(model.size_bytes)})` : "";
  const words = model.permissive ? `Get it${weight}` : `Accept ${model.licence} and get it${weight}`;
  const body = { licence: model.permissive ? null : model.licence };
  const offer = () => fill(place, h("button", { class: "small", onclick: fetchIt }, words));
  const fetchIt = async () => {
    const begun = await attempt(() => ask(`/models/${encodeURIComponent(model.name)}/pull`, { method: "POST", body }));
    if (!begun) return;
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Fetching ${model.title}` });
    const stop = () => attempt(() => ask(`/tasks/${begun.id}`, { method: "DELETE" }));
    fill(place, bar, h("button", { class: "small quiet", onclick: stop }, "Stop"));
    (await followTask(begun.id, bar)) ? (say(`${plainName(model)}: it is here.`), onReady()) : offer();
  };
  offer();
  return place;
}

/** @param {string} id @param {HTMLProgressElement} bar @returns {Promise<boolean>} Whether it was done. */
async function followTask(id, bar) {
  for (let missed = 0; missed < MOST_MISSED; ) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    try {
      const task = await ask(`/tasks/${id}`);
      missed = 0;
      if (task.total) bar.value = task.done / task.total;
      if (task.state === "failed" && task.error !== STOPPED) tell(new Error(task.error));
      if (task.state !== "waiting" && task.state !== "working") return task.state === "done";
    } catch (error) {
      if (error instanceof ApiError && error.status === GONE) return false; // it was stopped long ago
      missed += 1;
      if (missed === MOST_MISSED) tell(error);
    }
  }
  return false;
}
