/** Profiles: settings under a name. */

import { ask } from "../api.js";
import { fill, h, newId } from "../ui/dom.js";
import { attempt, say } from "../ui/toast.js";
import { foldingPart } from "./settings.js";

/** @param {import("./session.js").Session} session */
export function profilesPart(session) {
  const list = h("div", { class: "profiles" });
  const input = h("input", { type: "text", id: newId(), maxlength: 40, autocomplete: "off", required: true, pattern: "[\\p{L}\\p{N}_\\-]+", title: "Letters, digits, - and _" });
  const load = async () => {
    const profiles = await attempt(() => ask("/profiles"));
    const use = (/** @type {string} */ name) => async () => (await session.useProfile(name)) && say(`${name} is in use.`);
    const buttons = (profiles ?? []).map((/** @type {string} */ name) => h("button", { onclick: use(name) }, name));
    fill(list, ...(buttons.length ? buttons : [h("p", { class: "help" }, "None yet. Save what is set now, and come back to it with one click.")]));
  };
  const save = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const name = input.value.trim();
    const saved = await attempt(async () => (await ask(`/profiles/${encodeURIComponent(name)}`, { method: "PUT" }), true));
    if (!saved) return;
    say(`Saved as ${name}.`);
    input.value = "";
    await load();
  };
  const form = h("form", { class: "save-profile", onsubmit: save }, h("label", { for: input.id }, "Save what is set now as"), h("div", { class: "row" }, input, h("button", {}, "Save")));
  const fold = foldingPart("Profiles", "bookmark", [list, form]);
  fold.element.addEventListener("toggle", () => fold.element.open && load());
  return fold.element;
}
