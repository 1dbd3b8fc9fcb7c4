/** Everything that can be set while it runs, in parts that fold. */

import { ask } from "../api.js";
import { backgrounds, onBackgrounds } from "../ui/backgrounds.js";
import { h } from "../ui/dom.js";
import { attempt } from "../ui/toast.js";
import { capital } from "../ui/words.js";
import { CameraPart, MicrophonePart, OutputPart } from "./devices.js";
import { healthPart } from "./health.js";
import { ModelChoice } from "./models.js";
import { profilesPart } from "./profiles.js";
import { foldingPart, RARE, SettingControl } from "./settings.js";

/** @typedef {import("./settings.js").Row} Row */
/** @typedef {import("./session.js").Session} Session */

const GROUPS = [
  { group: "capture", title: "Camera and framing", symbol: "camera" },
  { group: "matting", title: "Outline and quality", symbol: "outline" },
  { group: "background", title: "Light and being away", symbol: "light" },
  { group: "sound", title: "Microphone", symbol: "mic" },
  { group: "output", title: "Virtual camera", symbol: "screen" },
];
/** Settings that have a better place on the page, or none. */
const ELSEWHERE = new Set(["background", "mirror", "source", "to", "mic", "model", "room", "duration", "stats"]);

/** @param {Session} session @returns {HTMLElement} */
export function makeDetails(session) {
  const element = h("section", { class: "details", "aria-labelledby": "details-title" }, h("h2", { id: "details-title" }, "Details"));
  void attempt(() => ask("/settings")).then((rows) => {
    if (rows) element.append(...GROUPS.map((group) => part(session, rows, group)), profilesPart(session), healthPart(session));
  });
  return element;
}

/** @param {Session} session @param {Row[]} rows @param {typeof GROUPS[number]} group */
function part(session, rows, { group, title, symbol }) {
  const shown = rows.filter((row) => row.group === group && !ELSEWHERE.has(row.key));
  const controls = shown.map((row) => control(session, row));
  const special = specialOf(group, session);
  const often = controls.filter(({ row }) => !RARE.has(row.key)).map(({ element }) => element);
  const rare = controls.filter(({ row }) => RARE.has(row.key)).map(({ element }) => element);
  const more = rare.length > 0 && h("details", { class: "more" }, h("summary", {}, "More"), h("div", { class: "fold-body" }, ...rare));
  const fold = foldingPart(title, symbol, [special?.element, ...often, more]);
  fold.element.addEventListener("toggle", () => (fold.element.open ? special?.load() : special?.rest()));
  session.listen((state) => {
    for (const each of controls) each.show(state.settings[each.row.key]);
    special?.show(state);
    fold.tell(special?.now(state) ?? "");
  });
  return fold.element;
}

/** @param {string} group @param {Session} session */
function specialOf(group, session) {
  if (group === "capture") return new CameraPart(session);
  if (group === "matting") return new ModelChoice(session);
  if (group === "sound") return new MicrophonePart(session);
  if (group === "output") return new OutputPart(session);
  return null;
}

/** @param {Session} session @param {Row} row */
function control(session, row) {
  const change = (/** @type {string} */ key, /** @type {any} */ value) => session.change({ [key]: value });
  if (row.key !== "away") return new SettingControl(row, change);
  const made = new SettingControl(row, change, awayChoices());
  onBackgrounds(() => {
    const field = /** @type {ReturnType<typeof import("../ui/fields.js").selectField>} */ (made.field);
    field.offer(awayChoices());
  });
  return made;
}

/** What can be shown while the user is away. */
function awayChoices() {
  const pictures = backgrounds().filter(({ kind }) => kind !== "effect");
  return [
    { value: "card", title: "A card without me" },
    { value: "freeze", title: "The picture stands still" },
    ...pictures.map(({ id, name }) => ({ value: id, title: capital(name) })),
  ];
}
