/** The connection to the running session: states come by themselves, pictures when they are asked for. */

import { token } from "../api.js";

const VIEWS = /** @type {const} */ (["after", "before", "matte"]);
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
const WRONG_TOKEN = 1008;

/** @typedef {typeof VIEWS[number]} View */

/** Connects again by itself whenever the connection is lost. */
export class LiveSocket {
  /**
   * @param {object} listeners
   * @param {(state: any) => void} listeners.onState
   * @param {(view: View, picture: Blob) => void} listeners.onPicture An empty one where there is nothing to show.
   * @param {(connected: "yes" | "no" | "refused") => void} listeners.onConnection
   */
  constructor(listeners) {
    this.listeners = listeners;
    this.waitMs = FIRST_WAIT_MS;
    this.left = false;
    this.resting = false;
    this.socket = this.#connect();
  }

  /** @returns {boolean} Whether a question can be asked. */
  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Ask for a picture. @param {View} view @param {number} width */
  ask(view, width) {
    this.socket.send(JSON.stringify({ view, width }));
  }

  /** Let go of the connection while nobody sees the page. */
  rest() {
    this.resting = true;
    this.socket.close();
  }

  /** Connect again after a rest. */
  resume() {
    if (!this.resting || this.left) return;
    this.resting = false;
    this.waitMs = FIRST_WAIT_MS;
    this.socket = this.#connect();
  }

  /** Leave, and do not come back. */
  close() {
    this.left = true;
    this.socket.close();
  }

  #connect() {
    const socket = new WebSocket(`ws://${location.host}/api/live`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ token: token() }));
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = ({ code }) => socket === this.socket && this.#closed(code);
    return socket;
  }

  /** @param {string | ArrayBuffer} data */
  #hear(data) {
    if (typeof data !== "string") {
      const view = VIEWS[new Uint8Array(data, 0, 1)[0]];
      this.listeners.onPicture(view, new Blob([new Uint8Array(data, 1)], { type: "image/jpeg" }));
      return;
    }
    this.waitMs = FIRST_WAIT_MS;
    this.listeners.onConnection("yes");
    this.listeners.onState(JSON.parse(data).state);
  }

  /** @param {number} code */
  #closed(code) {
    if (this.left || this.resting) return;
    if (code === WRONG_TOKEN) {
      this.listeners.onConnection("refused");
      return;
    }
    this.listeners.onConnection("no");
    const lost = this.socket;
    setTimeout(() => lost === this.socket && !this.resting && (this.socket = this.#connect()), this.waitMs);
    this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
  }
}
