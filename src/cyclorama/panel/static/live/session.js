/** The running session as the page knows it: its state, and the ways to change it. */

import { ask } from "../api.js";
import { attempt } from "../ui/toast.js";

/**
 * @typedef {object} Recording
 * @property {boolean} paused
 * @property {number} seconds
 * @property {number} level Of the microphone, 0 to 1.
 * @property {string | null} microphone
 * @property {string} target
 * @property {number | null} starts_in
 */

/**
 * What is known of the empty room.
 * @typedef {object} EmptyRoom
 * @property {string} words
 * @property {number | null} since Unix time at which it was learned.
 * @property {number | null} starts_in Seconds until it is captured, 0 while it is.
 * @property {string} refused Why the last capture failed.
 */

/**
 * @typedef {object} State
 * @property {boolean} running
 * @property {boolean} starting
 * @property {boolean} first Whether the three questions were never asked.
 * @property {{text: string, fixes: import("../api.js").Fix[]} | null} problem
 * @property {Record<string, any>} settings
 * @property {Record<string, any> | null} status
 * @property {string} words How it runs.
 * @property {boolean} away
 * @property {Recording | null} recording
 * @property {EmptyRoom | null} room While a session runs.
 * @property {string | null} last_clip
 */

/** Tells listeners of every state. A change shows at once, and is taken back where the panel refuses it. */
export class Session {
  constructor() {
    /** @type {State | null} */
    this.state = null;
    /** @type {((state: State) => void)[]} */
    this.listeners = [];
    /** @type {Record<string, any>} */
    this.waiting = {};
    this.changing = false;
  }

  /** @param {(state: State) => void} listener @returns {() => void} Ends it. */
  listen(listener) {
    this.listeners.push(listener);
    if (this.state) listener(this.state);
    return () => (this.listeners = this.listeners.filter((each) => each !== listener));
  }

  /** @param {State} state From the panel. */
  take(state) {
    this.confirmed = state;
    if (this.changing) state = { ...state, settings: this.state?.settings ?? state.settings };
    this.#tell(state);
  }

  /** Change settings; changes that come meanwhile go together. @param {Record<string, any>} values */
  async change(values) {
    Object.assign(this.waiting, values);
    this.#guess(values);
    if (this.changing) return;
    this.changing = true;
    while (Object.keys(this.waiting).length) {
      const sent = this.waiting;
      this.waiting = {};
      const state = await attempt(() => ask("/session", { method: "PATCH", body: sent }));
      if (state) this.confirmed = state;
    }
    this.changing = false;
    if (this.confirmed) this.#tell(this.confirmed);
  }

  /** Start it, or start it again. */
  start() {
    return this.#post("start");
  }

  /** End the session; the page stays. */
  stop() {
    return this.#post("stop");
  }

  /** @param {boolean} on */
  away(on) {
    return this.#post("away", { on });
  }

  /** @param {boolean} on */
  record(on) {
    return this.#post("recording", { on });
  }

  /** @param {boolean} on */
  pause(on) {
    return this.#post("pause", { on });
  }

  /** Count down, and remember the empty room. */
  captureRoom() {
    return this.#post("room");
  }

  /** @param {string} name */
  useProfile(name) {
    return this.#post("profile", { name });
  }

  /** @param {string} verb @param {Record<string, any>} [body] */
  async #post(verb, body = {}) {
    const state = await attempt(() => ask(`/session/${verb}`, { method: "POST", body }));
    if (state) this.take(state);
    else if (this.confirmed) this.#tell(this.confirmed);
    return state;
  }

  /** Show values that the panel has not confirmed yet. @param {Record<string, any>} values */
  #guess(values) {
    if (this.state) this.#tell({ ...this.state, settings: { ...this.state.settings, ...values } });
  }

  /** @param {State} state */
  #tell(state) {
    this.state = state;
    for (const listener of this.listeners) listener(state);
  }
}
