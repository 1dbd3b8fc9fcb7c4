/** A headshot: the best picture of two seconds, in front of a backdrop. */

import { askFile } from "../api.js";
import { openDialog } from "../ui/dialog.js";
import { fill, h, icon } from "../ui/dom.js";
import { segmentField } from "../ui/fields.js";
import { save } from "../ui/files.js";
import { BACKDROPS, Gallery } from "../ui/gallery.js";
import { attempt } from "../ui/toast.js";
import { HEADSHOT_PRESETS } from "../ui/presets.js";

/** Ask for preset and backdrop, take it, show it. */
export function openHeadshot() {
  const order = { preset: HEADSHOT_PRESETS[0].value, background: BACKDROPS[0].spec };
  const preset = segmentField("For", HEADSHOT_PRESETS, (value) => (order.preset = value));
  preset.show(order.preset);
  const gallery = new Gallery({ label: "Backdrop", first: BACKDROPS, blur: false, moving: false, onChoose: (spec) => (order.background = spec) });
  gallery.show(order.background);
  const result = h("div", { class: "headshot-result", "aria-live": "polite" }, h("p", { class: "help" }, "Look into the camera and press the button: the best picture of two seconds is kept."));
  const take = h("button", { class: "primary", onclick: () => takeIt() }, icon("headshot"), "Take it");
  const takeIt = async () => {
    take.disabled = true;
    fill(result, h("p", { class: "countdown" }, "Hold still and smile …"));
    const taken = await attempt(() => askFile("/session/headshot", { method: "POST", body: order }));
    take.disabled = false;
    if (taken) fill(result, ...shown(taken.blob, taken.name));
    else fill(result, h("p", { class: "help" }, "It did not work. Sit in front of the camera and try again."));
  };
  const left = h("div", { class: "headshot-choice" }, preset.element, h("h3", {}, "Backdrop"), gallery.element);
  const right = h("div", { class: "headshot-side" }, result, take);
  openDialog("Headshot", [h("div", { class: "headshot" }, left, right)], { class: "wide", onclose: () => gallery.close() });
}

/** @param {Blob} blob @param {string} name */
function shown(blob, name) {
  const picture = h("img", { alt: "Your headshot", src: URL.createObjectURL(blob) });
  picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
  return [picture, h("button", { onclick: () => save(blob, name) }, icon("download"), "Download")];
}
