/** What the rules of an authority or a shop say of a photo, and what else is to be known. */

import { h, icon } from "../ui/dom.js";
import { capital, named } from "../ui/words.js";

/** @param {import("./shelf.js").Photo} photo @returns {HTMLElement[]} */
export function reportList(photo) {
  const error = photo.error ? [h("p", { class: "notice bad", role: "alert" }, icon("warning"), h("span", {}, `${capital(photo.error)}.`))] : [];
  const notes = photo.notes.map((note) => h("p", { class: "notice" }, icon("info"), h("span", {}, `${capital(note)}.`)));
  if (!photo.report.length || photo.error) return [...error, ...notes];
  const failed = photo.report.filter(({ ok }) => ok === false).length;
  const asked = photo.report.filter(({ ok }) => ok !== null).length;
  const title = failed ? `${failed} of ${asked} rules ${failed === 1 ? "is" : "are"} not met` : "All rules that can be checked are met";
  const list = h("ul", { class: "findings" }, ...photo.report.map(rule));
  return [...error, h("h2", {}, title), list, ...notes];
}

/** @param {{rule: string, ok: boolean | null, text: string}} found */
function rule({ rule, ok, text }) {
  const state = ok === null ? "neutral" : ok ? "good" : "bad";
  const spoken = { neutral: "Not checked: ", good: "Met: ", bad: "Not met: " }[state];
  const symbol = { neutral: "info", good: "check", bad: "warning" }[state];
  return h("li", { class: state }, icon(symbol), h("div", {}, h("strong", {}, h("span", { class: "unseen" }, spoken), named(rule)), h("p", {}, text)));
}
