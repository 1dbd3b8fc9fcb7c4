/** Camera, virtual camera and microphone. */

import { ask } from "../api.js";
import { h } from "../ui/dom.js";
import { selectField } from "../ui/fields.js";
import { attempt } from "../ui/toast.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").State} State */
/** @typedef {{id: string, name: string, busy?: string | null}} Device */
/** @typedef {{cameras: Device[], microphones: Device[], outputs: Device[]}} Devices */

/** @type {Promise<Devices | undefined> | null} */
let asked = null;

/** @returns {Promise<Devices | undefined>} What is connected; asked once for parts that open together. */
export function devices() {
  asked ??= attempt(() => ask("/devices"));
  setTimeout(() => (asked = null), 1000);
  return asked;
}

/** @param {Device[]} list @returns {import("../ui/fields.js").Choice[]} */
export function deviceChoices(list) {
  return list.map(({ id, name, busy }) => ({ value: id, title: busy ? `${name} (${busy} uses it)` : name }));
}

/** A device to choose; the list is asked for when the part is opened. */
class DevicePart {
  /**
   * @param {string} label
   * @param {keyof Devices} kind
   * @param {(id: string) => void} onChange
   * @param {string} [help]
   */
  constructor(label, kind, onChange, help) {
    this.kind = kind;
    /** @type {Device[]} */
    this.list = [];
    this.field = selectField(label, [], onChange, help);
    this.element = h("div", { class: "device" }, this.field.element);
  }

  /** Ask what is connected. */
  async load() {
    const found = await devices();
    if (!found) return;
    this.list = found[this.kind];
    this.field.offer(deviceChoices(this.list));
  }

  /** @param {string} id @returns {string} */
  nameOf(id) {
    return this.list.find((device) => device.id === id)?.name ?? "";
  }
}

/** Which camera. */
export class CameraPart extends DevicePart {
  /** @param {Session} session */
  constructor(session) {
    super("Camera", "cameras", (id) => session.change({ source: id }));
    this.mode = h("p", { class: "help" });
    this.element.append(this.mode);
  }

  /** @param {State} state */
  show(state) {
    this.field.show(state.settings.source);
    this.mode.textContent = state.status?.capture_mode ? `It gives ${state.status.capture_mode}.` : "";
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
    super("Virtual camera", "outputs", (id) => session.start({ to: [id] }), "Choose this camera in Zoom, Teams, Meet or OBS. The picture starts again.");
  }

  /** @param {State} state */
  show(state) {
    this.field.show([state.settings.to].flat()[0]);
  }

  /** @param {State} state */
  now(state) {
    return state.status?.sinks?.length ? "" : "not connected";
  }
}

/** Which microphone recordings have, and how loud it is. */
export class MicrophonePart extends DevicePart {
  /** @param {Session} session */
  constructor(session) {
    super("Microphone", "microphones", (id) => session.start({ mic: id || null }), "Its sound goes into recordings alone. The picture starts again.");
    this.meter = levelMeter();
    this.element.append(this.meter.element);
  }

  /** Ask what is connected; the system's own microphone comes first. */
  async load() {
    await super.load();
    this.field.offer([{ value: "", title: "The system's microphone" }, ...deviceChoices(this.list)]);
  }

  /** @param {State} state */
  show(state) {
    this.field.show(state.settings.mic);
    this.meter.show(state.recording?.level ?? state.microphone_level ?? null);
  }

  /** @param {State} state */
  now(state) {
    return this.nameOf(state.settings.mic ?? "");
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
