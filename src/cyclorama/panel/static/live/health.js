/** How it runs, in figures; and the check of this machine, with the buttons that mend what is wrong. */

import { ask } from "../api.js";
import { openDialog } from "../ui/dialog.js";
import { fill, h, icon } from "../ui/dom.js";
import { attempt } from "../ui/toast.js";
import { capital } from "../ui/words.js";
import { foldingPart } from "./settings.js";

/** @typedef {{id: string, part: string, status: string, what: string, fix: string}} Finding `fix`: what to do. */

const LOOKS = {
  fail: { kind: "bad", symbol: "warning", spoken: "Needs attention: " },
  warn: { kind: "neutral", symbol: "info", spoken: "To know: " },
  ok: { kind: "good", symbol: "check", spoken: "Good: " },
};

/** @param {import("./session.js").Session} session */
export function healthPart(session) {
  const facts = h("dl", { class: "facts" });
  const check = h("button", { onclick: openCheck }, icon("check"), "Check this machine");
  const stop = h("button", { class: "quiet", onclick: () => session.stop() }, icon("stop"), "Stop the camera");
  const fold = foldingPart("How it runs", "gauge", [facts, h("div", { class: "buttons" }, check, stop)]);
  session.listen(({ status, words, running }) => {
    stop.hidden = !running;
    fold.tell(running ? capital(words.split(/[;:]/)[0]) : "Off");
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
  const list = h("ul", { class: "findings", tabindex: 0, "aria-label": "What was found" }, h("li", {}, "Looking …"));
  openDialog("Check of this machine", [list]);
  const findings = /** @type {Finding[] | undefined} */ (await attempt(() => ask("/doctor")));
  const order = Object.keys(LOOKS);
  findings?.sort((one, other) => order.indexOf(one.status) - order.indexOf(other.status));
  if (findings) fill(list, ...findings.map(finding));
}

/** @param {Finding} found */
function finding({ part, status, what, fix }) {
  const look = LOOKS[/** @type {keyof typeof LOOKS} */ (status)] ?? LOOKS.warn;
  const title = h("strong", {}, h("span", { class: "unseen" }, look.spoken), capital(part));
  return h("li", { class: look.kind }, icon(look.symbol), h("div", {}, title, h("p", {}, capital(what)), fix && h("p", { class: "fix" }, fix)));
}
