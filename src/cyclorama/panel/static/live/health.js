/** How it runs, in figures; and the check of this machine, with the buttons that mend what is wrong. */

import { ask } from "../api.js";
import { openDialog } from "../ui/dialog.js";
import { fill, h, icon } from "../ui/dom.js";
import { attempt, mend } from "../ui/toast.js";
import { capital } from "../ui/words.js";
import { foldingPart } from "./settings.js";

/** @typedef {{title: string, ok: boolean, text: string, fix: import("../api.js").Fix | null}} Finding */

/** @param {import("./session.js").Session} session */
export function healthPart(session) {
  const facts = h("dl", { class: "facts" });
  const check = h("button", { onclick: openCheck }, icon("check"), "Check this machine");
  const stop = h("button", { class: "quiet", onclick: () => session.stop() }, icon("stop"), "Stop the camera");
  const fold = foldingPart("How it runs", "gauge", [facts, h("div", { class: "buttons" }, check, stop)]);
  session.listen(({ status, words, running }) => {
    stop.hidden = !running;
    fold.tell(running ? capital(words.speed) : "stopped");
    if (fold.element.open) fill(facts, ...figures(status).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  });
  return fold.element;
}

/** @param {Record<string, any> | null} status @returns {[string, string][]} */
function figures(status) {
  if (!status) return [["State", "stopped"]];
  const delay = status.latency_ms_p50 === null ? "not known yet" : `${Math.round(status.latency_ms_p50)} ms behind the camera`;
  const dropped = Object.values(status.dropped ?? {}).reduce((sum, count) => sum + count, 0);
  return [
    ["Network", [status.model, status.precision].filter(Boolean).join(", ")],
    ["Runs on", status.provider],
    ["Rate", `${Math.round(status.fps)} pictures a second`],
    ["Delay", delay],
    ["Load", `${status.cpu_cores.toFixed(1)} processor cores`],
    ["Camera gives", status.capture_mode],
    ["Left out", dropped ? `${dropped} pictures` : "nothing"],
    ...(status.note ? [/** @type {[string, string]} */ (["Note", status.note])] : []),
  ];
}

async function openCheck() {
  const list = h("ul", { class: "findings" }, h("li", { class: "waiting" }, "Looking …"));
  const load = async () => {
    const findings = await attempt(() => ask("/doctor"));
    if (findings) fill(list, ...findings.map((/** @type {Finding} */ each) => finding(each, load)));
  };
  openDialog("Check of this machine", [list]);
  await load();
}

/** @param {Finding} found @param {() => void} again */
function finding({ title, ok, text, fix }, again) {
  const button = fix && h("button", { class: "small", onclick: () => mend(fix.action).then(again) }, fix.label);
  const state = h("span", { class: "unseen" }, ok ? "Good: " : "Needs attention: ");
  return h("li", { class: ok ? "good" : "bad" }, icon(ok ? "check" : "warning"), h("div", {}, h("strong", {}, state, title), h("p", {}, text)), button);
}
