/** The large preview: what others see, beside what the camera sees, or as the network sees it. */

import { compare } from "../ui/compare.js";
import { fill, h, icon, once } from "../ui/dom.js";
import { segmentField } from "../ui/fields.js";
import { mend } from "../ui/toast.js";
import { capital } from "../ui/words.js";
import { makeRecordingBar } from "./actions.js";
import { levelMeter } from "./devices.js";
import { roomCountdown } from "./room.js";

const LOOKS = [
  { value: "after", title: "Result" },
  { value: "compare", title: "Compare" },
  { value: "matte", title: "Outline" },
];

/** @param {import("./session.js").Session} session @param {import("./preview.js").Preview} preview */
export function makeStage(session, preview) {
  const after = canvas("What others see");
  const before = canvas("What the camera sees");
  const matte = canvas("What is kept, in white");
  const pictures = compare(before, after, "Before and after");
  const stage = h("div", { class: "stage", dataset: { look: "after" } }, pictures, matte);
  const look = segmentField("View", LOOKS, (value) => {
    stage.dataset.look = value;
    for (const each of [after, before, matte]) preview.detach(each);
    if (value === "matte") preview.attach(matte, "matte");
    else preview.attach(after, "after");
    if (value === "compare") preview.attach(before, "before");
  }, { hidden: true });
  look.show("after");
  look.element.classList.add("looks");
  preview.attach(after, "after");
  stage.append(look.element, makeRecordingBar(session, levelMeter()), ...roomCountdown(session), stopped(session));
  return h("div", { class: "stage-frame" }, problemBar(session), stage);
}

/** @param {string} label */
function canvas(label) {
  return h("canvas", { width: 1280, height: 720, role: "img", "aria-label": label });
}

/** What stands in place of the picture while the camera is off. @param {import("./session.js").Session} session */
function stopped(session) {
  const start = h("button", { class: "primary", onclick: once(() => session.start()) }, icon("play"), "Start the camera");
  const words = h("p", {});
  const element = h("div", { class: "stopped", hidden: true }, words, start);
  session.listen(({ running, starting }) => {
    element.hidden = running;
    start.hidden = starting;
    words.textContent = starting ? "The camera is starting …" : "The camera is off.";
  });
  return element;
}

/** One sentence about what is wrong, and the button that mends it. @param {import("./session.js").Session} session */
function problemBar(session) {
  const element = h("div", { class: "problem", role: "alert", hidden: true });
  let shown = "";
  session.listen(({ problem }) => {
    const text = problem?.text ?? "";
    if (text === shown) return;
    shown = text;
    element.hidden = !problem;
    const buttons = problem?.fixes.map((fix) => h("button", { class: "small", onclick: () => mend(fix.action) }, fix.label)) ?? [];
    fill(element, ...(problem ? [icon("warning"), h("p", {}, `${capital(text)}.`), h("div", { class: "buttons" }, ...buttons)] : []));
  });
  return element;
}
