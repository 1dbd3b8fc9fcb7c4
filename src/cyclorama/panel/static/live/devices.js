/** Camera, virtual camera and microphone. */

import { ask } from "../api.js";
import { h } from "../ui/dom.js";
import { selectField } from "../ui/fields.js";
import { attempt } from "../ui/toast.js";
import { capital } from "../ui/words.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").State} State */
/** @typedef {{id: string, name: string, problem: string}} Device */
/** @typedef {"cameras" | "microphones" | "outputs"} Kind */
/** @typedef {Record<Kind, Device[]> & {problems: Partial<Record<Kind, string>>}} Devices `problems`: why a list is short. */
/** @typedef {import("../ui/fields.js").Choice} Choice */

const ASKED_MS = 1000;
const LEVEL_MS = 200;

/** @type {Promise<Devices | undefined> | null} */
let asked = null;

/** @returns {Promise<Devices | undefined>} What is connected; asked once for parts that open together. */
export function devices() {
  asked ??= attempt(() => ask("/devices"));
  setTimeout(() => (asked = null), ASKED_MS);
  return asked;
}

/** @param {Device[]} list @returns {Choice[]} */
export function deviceChoices(list) {
  return list.map(({ id, name, problem }) => ({ value: id, title: problem ? `${name} (${problem})` : name }));
}

/** A device to choose; the list is asked for when the part is opened. */
class DevicePart {
  /**
   * @param {string} label
   * @param {Kind} kind
   * @param {Choice[]} first Choices before the devices.
   * @param {(id: string) => void} onChange
   * @param {string} [help]
   */
  constructor(label, kind, first, onChange, help) {
    this.kind = kind;
    /** @type {Choice[]} */
    this.first = first;
    /** @type {Device[]} */
    this.list = [];
    this.field = selectField(label, first, onChange, help);
    this.problem = h("p", { class: "help", role: "status" });
    this.element = h("div", { class: "device" }, this.field.element, this.problem);
  }

  /** Ask what is connected. */
  async load() {
    const found = await devices();
    if (!found) return;
    this.list = found[this.kind];
    this.problem.textContent = capital(found.problems[this.kind] ?? "");
    this.field.offer([...this.first, ...deviceChoices(this.list)]);
  }

  /** Offer what is in force and no device of the list. @param {Choice} choice */
  offerFirst(choice) {
    if (this.first.length) return;
    this.first = [choice];
    this.field.offer([choice, ...deviceChoices(this.list)]);
  }

  /** The part was folded. */
  rest() {}

  /** @param {string} id @returns {string} */
  nameOf(id) {
    return this.list.find((device) => device.id === id)?.name ?? "";
  }
}

/** Which camera. */
export class CameraPart extends DevicePart {
  /** @param {Session} session */
  constructor(session) {
    super("Camera", "cameras", [], (id) => session.change({ source: id }));
    this.mode = h("p", { class: "help" });
    this.element.append(this.mode);
  }

  /** @param {State} state */
  show({ settings: { source }, status }) {
    if (source === "0") this.offerFirst({ value: source, title: "The first camera", disabled: true });
    this.field.show(source);
    this.mode.textContent = status?.capture_mode ? `It gives ${status.capture_mode}.` : "";
  }

  /** @param {State} state */
  now(state) {
    return this.nameOf(state.settings.source);
  }
}

/** Where other programs see the picture. */
export class OutputPart extends DevicePart {
  /** @param {Session} session */
  constructor(session) {
    const first = [{ value: "camera", title: "The first virtual camera" }];
    super("Virtual camera", "outputs", first, (id) => session.change({ to: [id] }), "Choose this camera in Zoom, Teams, Meet or OBS. The picture starts again.");
  }

  /** @param {State} state */
  show(state) {
    this.field.show(state.settings.to[0]);
  }

  /** @param {State} state */
  now({ status }) {
    return status && status.sinks.every((/** @type {string} */ sink) => sink !== "null") ? "" : "Not connected";
  }
}

/** Which microphone recordings have, and how loud it is. */
export class MicrophonePart extends DevicePart {
  /** @param {Session} session */
  constructor(session) {
    const first = [
      { value: "", title: "The system's microphone" },
      { value: "demo", title: "Demo beeps" },
    ];
    super("Microphone", "microphones", first, (id) => session.change({ mic: id || null }), "Its sound goes into recordings alone.");
    this.meter = levelMeter();
    this.element.append(this.meter.element);
    this.chosen = "";
  }

  /** Ask what is connected, and show how loud it is until the part is folded. */
  async load() {
    await super.load();
    clearInterval(this.timer);
    this.timer = setInterval(() => document.hidden || this.#listen(), LEVEL_MS);
  }

  /** Listen no more. */
  rest() {
    clearInterval(this.timer);
    this.meter.show(null);
  }

  /** @param {State} state */
  show(state) {
    this.chosen = state.settings.mic ?? "";
    this.field.show(this.chosen);
  }

  /** @param {State} state */
  now(state) {
    return this.nameOf(state.settings.mic ?? "");
  }

  async #listen() {
    const id = this.chosen || this.list[0]?.id;
    if (!id || this.asking || !this.element.checkVisibility()) return;
    this.asking = true;
    const answer = await ask(`/microphones/${encodeURIComponent(id)}/level`).catch(() => null); // it may be in use
    this.asking = false;
    this.meter.show(answer?.level ?? null);
  }
}

/** A bar that shows how loud it is; hidden where no microphone is open. */
export function levelMeter() {
  const meter = h("meter", { min: 0, max: 1, high: 0.9, "aria-label": "Loudness" });
  const element = h("div", { class: "level", hidden: true }, meter);
  const show = (/** @type {number | null} */ level) => {
    element.hidden = level === null;
    meter.value = level ?? 0;
  };
  return { element, show };
}
