/** The actions in reach: mirror, away, record, snapshot, headshot. */

import { askFile } from "../api.js";
import { h, icon, once, setIcon } from "../ui/dom.js";
import { save } from "../ui/files.js";
import { attempt, say } from "../ui/toast.js";
import { clock } from "../ui/words.js";
import { openHeadshot } from "./headshot.js";

/** @param {import("./session.js").Session} session @returns {HTMLElement} */
export function makeActions(session) {
  const mirror = tile("mirror", "Mirror", () => session.change({ mirror: !session.state?.settings.mirror }));
  const away = tile("away", "Away", () => session.away(!session.state?.away));
  const record = tile("record", "Record", () => toggleRecording(session), "record");
  const snapshot = tile("snapshot", "Snapshot", takeSnapshot);
  const headshot = tile("headshot", "Headshot", openHeadshot);
  const all = [mirror, away, record, snapshot, headshot];
  session.listen((state) => {
    press(mirror, state.settings.mirror);
    press(away, state.away);
    press(record, state.recording !== null);
    setIcon(record, state.recording ? "stop" : "record");
    label(record, state.recording ? "Stop" : "Record");
    label(away, state.away ? "Come back" : "Away");
    for (const each of all) each.disabled = !state.running;
  });
  return h("div", { class: "actions", role: "toolbar", "aria-label": "Quick actions" }, ...all);
}

/**
 * Timer, level and pause, while something is recorded.
 * @param {import("./session.js").Session} session @param {ReturnType<typeof import("./devices.js").levelMeter>} meter
 */
export function makeRecordingBar(session, meter) {
  const time = h("span", { class: "time" });
  const pause = h("button", { class: "small", onclick: () => session.pause(!session.state?.recording?.paused) }, icon("pause"), h("span", {}, "Pause"));
  const element = h("div", { class: "recording", role: "group", "aria-label": "Recording", hidden: true }, h("span", { class: "dot" }), time, meter.element, pause);
  session.listen(({ recording }) => {
    element.hidden = !recording;
    if (!recording) return;
    element.classList.toggle("paused", recording.paused);
    time.textContent = recording.starts_in ? `in ${Math.ceil(recording.starts_in)}` : clock(recording.seconds);
    setIcon(pause, recording.paused ? "play" : "pause");
    label(pause, recording.paused ? "Go on" : "Pause");
    meter.show(recording.level);
  });
  return element;
}

/** @param {import("./session.js").Session} session */
async function toggleRecording(session) {
  const state = await session.record(!session.state?.recording);
  if (state?.last_clip && !state.recording) say(`Saved as ${baseName(state.last_clip)}, in your folder for videos.`);
}

async function takeSnapshot() {
  const taken = await attempt(() => askFile("/session/snapshot", { method: "POST" }));
  if (!taken) return;
  save(taken.blob, taken.name);
  say("The picture is in your downloads.");
}

/** @param {string} path @returns {string} */
function baseName(path) {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** @param {string} symbol @param {string} text @param {() => unknown} onclick @param {string} [kind] */
function tile(symbol, text, onclick, kind = "") {
  return h("button", { class: `tile ${kind}`, onclick: once(onclick) }, icon(symbol), h("span", {}, text));
}

/** @param {HTMLElement} button @param {boolean} on */
function press(button, on) {
  button.setAttribute("aria-pressed", String(Boolean(on)));
}

/** @param {HTMLElement} button @param {string} text */
function label(button, text) {
  const words = /** @type {HTMLElement} */ (button.querySelector("span"));
  if (words.textContent !== text) words.textContent = text;
}
