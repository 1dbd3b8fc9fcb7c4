/** The part Live: the running camera, its backgrounds, and everything that can be changed. */

import { h, icon } from "../ui/dom.js";
import { takeFiles } from "../ui/files.js";
import { Gallery, REAL_ROOM } from "../ui/gallery.js";
import { route } from "../ui/route.js";
import { capital } from "../ui/words.js";
import { makeActions } from "./actions.js";
import { makeDetails } from "./details.js";
import { Preview } from "./preview.js";
import { makeRoom } from "./room.js";
import { Session } from "./session.js";
import { LiveSocket } from "./socket.js";
import { makeStage } from "./stage.js";
import { Welcome } from "./welcome.js";

/**
 * @param {HTMLElement} view
 * @param {(connected: "yes" | "no" | "refused") => void} onConnection
 * @returns {LiveSocket} The connection, to be closed when cyclorama ends.
 */
export function startLive(view, onConnection) {
  const session = new Session();
  const socket = new LiveSocket({
    onState: (state) => session.take(state),
    onPicture: (which, picture) => preview.draw(which, picture),
    onConnection,
  });
  const preview = new Preview(socket, () => !document.hidden && route().part === "live" && Boolean(session.state?.running));
  addEventListener("hashchange", () => preview.wake());
  document.addEventListener("visibilitychange", () => (document.hidden ? rest(socket, preview) : socket.resume()));
  session.listen(() => preview.wake());
  const welcome = new Welcome(session, preview);
  const left = h("div", { class: "live-main" }, makeStage(session, preview), makeActions(session), statusLine(session), makeRoom(session));
  const again = h("button", { class: "quiet small setup", onclick: () => welcome.open() }, icon("help"), "The first three questions again");
  const right = h("div", { class: "live-side" }, galleryPart(session, view), makeDetails(session), again);
  view.append(h("h1", { class: "unseen" }, "Live"), left, right);
  const silence = session.listen((state) => {
    if (state.first) welcome.open();
    queueMicrotask(() => silence());
  });
  return socket;
}

/** A page that nobody sees costs nothing. @param {LiveSocket} socket @param {Preview} preview */
function rest(socket, preview) {
  socket.rest();
  preview.rest();
}

/** @param {string} spec @returns {Record<string, any>} The real room has to be meant: the gallery has asked. */
function backgroundChange(spec) {
  return spec === REAL_ROOM.spec ? { background: spec, confirm_room: true } : { background: spec };
}

/** @param {Session} session @param {HTMLElement} view */
function galleryPart(session, view) {
  const gallery = new Gallery({ label: "Background", last: [REAL_ROOM], onChoose: (spec) => session.change(backgroundChange(spec)) });
  session.listen(({ settings }) => gallery.show(settings.background));
  takeFiles(view, (files) => gallery.add(files));
  return h("section", { class: "backgrounds", "aria-labelledby": "backgrounds-title" }, h("h2", { id: "backgrounds-title" }, "Background"), gallery.element);
}

/** How it runs, in words. @param {Session} session */
function statusLine(session) {
  const dot = h("span", { class: "dot", "aria-hidden": "true" });
  const speed = h("strong", {});
  const note = h("span", { class: "note" });
  session.listen(({ words, running, status }) => {
    const [short, rest] = words.split(/[;:] (.*)/s);
    dot.classList.toggle("good", running && short === "smooth");
    speed.textContent = running ? capital(short) : "Off";
    note.textContent = running ? capital(rest ?? rate(status)) : "";
  });
  return h("p", { class: "status-line" }, dot, speed, note);
}

/** @param {Record<string, any> | null} status */
function rate(status) {
  return status ? `${Math.round(status.fps)} pictures a second` : "";
}
