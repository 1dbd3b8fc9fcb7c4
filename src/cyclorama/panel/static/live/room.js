/** The empty room: what is known of it, the button that captures it after a countdown, and the switch. */

import { h, icon, once } from "../ui/dom.js";
import { switchField } from "../ui/fields.js";
import { say } from "../ui/toast.js";
import { capital } from "../ui/words.js";

const HELP = "If the camera stands still, your outline gets finer: most with chairs, shelves or textured walls behind you. The room stays in memory and is never saved.";

/** @param {import("./session.js").Session} session @returns {HTMLElement} */
export function makeRoom(session) {
  const known = h("p", { class: "known" });
  const refused = h("p", { class: "refused", hidden: true });
  const button = h("button", { onclick: once(() => capture(session)) }, icon("room"), "Remember the empty room");
  const use = switchField("Use it", (on) => session.change({ room: on ? "auto" : "off" }));
  session.listen(({ running, room, settings }) => {
    const off = settings.room === "off";
    use.show(!off);
    button.disabled = !running || off;
    button.setAttribute("aria-disabled", String(isCaptured(room))); // it keeps the focus meanwhile
    known.textContent = room ? `${capital(room.words)}.` : "Not known: the camera is off.";
    refused.hidden = !room?.refused;
    refused.textContent = room?.refused ? `${capital(room.refused)}.` : "";
  });
  const head = h("div", {}, h("h2", { id: "room-title" }, "Empty room"), known);
  const help = h("p", { class: "help" }, HELP);
  return h("section", { class: "empty-room", "aria-labelledby": "room-title" }, head, use.element, button, refused, help);
}

/** The seconds to leave the picture in: large over it, and read out. @param {import("./session.js").Session} session */
export function roomCountdown(session) {
  const seconds = h("strong", {});
  const words = h("span", {});
  const shown = h("div", { class: "room-countdown", "aria-hidden": "true", hidden: true }, seconds, words);
  const spoken = h("p", { class: "unseen", "aria-live": "assertive" });
  session.listen(({ room }) => {
    const left = room?.starts_in ?? null;
    shown.hidden = left === null;
    seconds.textContent = left ? String(left) : "";
    words.textContent = left ? "Leave the picture" : "Stay out of the picture …";
    const text = left === null ? "" : left ? `Leave the picture: ${left}` : "Stay out of the picture.";
    if (spoken.textContent !== text) spoken.textContent = text;
  });
  return [shown, spoken];
}

/** @param {import("./session.js").Session} session */
async function capture(session) {
  if (isCaptured(session.state?.room)) return;
  if (await session.captureRoom()) say("The empty room is remembered: come back.");
}

/** @param {import("./session.js").EmptyRoom | null | undefined} room */
function isCaptured(room) {
  return (room?.starts_in ?? null) !== null;
}
