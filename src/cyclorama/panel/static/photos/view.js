/** The part Photos: a shelf of photos, and the editor for one of them. */

import { askFile } from "../api.js";
import { confirm } from "../ui/dialog.js";
import { fill, h, icon } from "../ui/dom.js";
import { fileButton, PICTURES, save, takeFiles } from "../ui/files.js";
import { onReturn, onRoute, route } from "../ui/route.js";
import { attempt } from "../ui/toast.js";
import { counted } from "../ui/words.js";
import { PhotoCard, SendingCard } from "./card.js";
import { Editor } from "./editor.js";
import { Shelf } from "./shelf.js";

/** @param {HTMLElement} view */
export function startPhotos(view) {
  const shelf = new Shelf();
  const shelfPart = makeShelf(shelf);
  const editorPart = h("div", { hidden: true });
  view.append(shelfPart, editorPart);
  takeFiles(view, (files) => {
    location.hash = "#photos";
    shelf.add(files);
  });
  /** @type {Editor | null} */
  let editor = null;
  shelf.listen(() => {
    const { part, id } = route();
    if (part === "photos" && id && !shelf.find(id)) location.hash = "#photos"; // it was removed in another tab
    else editor?.update();
  });
  onReturn(view, () => shelf.load());
  onRoute(async ({ part, id }) => {
    if (part !== "photos") return;
    await shelf.load(); // another tab may have changed it
    if (route().id !== id) return;
    editor?.close();
    const photo = id ? shelf.find(id) : undefined;
    editor = photo ? new Editor(shelf, photo) : null;
    fill(editorPart, editor?.element);
    shelfPart.hidden = Boolean(editor);
    editorPart.hidden = !editor;
    if (id && !photo) location.hash = "#photos";
  });
}

/** @param {Shelf} shelf */
function makeShelf(shelf) {
  const add = (/** @type {File[]} */ files) => shelf.add(files);
  const count = h("p", { class: "help", role: "status" });
  const all = h("button", { onclick: () => saveAll(shelf) }, icon("download"), "Download all");
  const clear = h("button", { class: "quiet", onclick: () => removeAll(shelf) }, icon("trash"), "Remove all");
  const more = fileButton("Add photos", { accept: PICTURES, multiple: true, class: "primary", icon: "plus" }, add);
  const head = h("div", { class: "part-head" }, h("div", {}, h("h1", {}, "Photos"), count), h("div", { class: "buttons" }, all, clear, more));
  const grid = h("ul", { class: "photo-grid" });
  const empty = emptyShelf(add);
  const part = h("div", {}, head, empty, grid);
  /** @type {Map<string, PhotoCard>} */
  const cards = new Map();
  /** @type {WeakMap<import("./shelf.js").Sending, SendingCard>} */
  const sending = new WeakMap();
  const show = () => {
    const some = shelf.photos.length + shelf.sending.length > 0;
    const ready = shelf.photos.filter(({ state }) => state === "ready").length;
    head.hidden = !some;
    empty.hidden = some;
    all.disabled = !ready;
    count.textContent = `${counted(shelf.photos.length, "photo")}, ${ready === shelf.photos.length ? "all" : ready} ready`;
    fill(grid, ...shelf.photos.map((photo) => cardOf(photo, cards, shelf).element), ...shelf.sending.map((each) => sendingOf(each, sending).element));
  };
  shelf.listen(show);
  show();
  return part;
}

/** @param {import("./shelf.js").Photo} photo @param {Map<string, PhotoCard>} cards @param {Shelf} shelf */
function cardOf(photo, cards, shelf) {
  const known = cards.get(photo.id);
  if (known) known.update(photo);
  const card = known ?? new PhotoCard(shelf, photo);
  cards.set(photo.id, card);
  return card;
}

/** @param {import("./shelf.js").Sending} entry @param {WeakMap<import("./shelf.js").Sending, SendingCard>} cards */
function sendingOf(entry, cards) {
  const card = cards.get(entry) ?? new SendingCard(entry);
  card.update();
  cards.set(entry, card);
  return card;
}

/** @param {(files: File[]) => void} add */
function emptyShelf(add) {
  const button = fileButton("Choose photos", { accept: PICTURES, multiple: true, class: "primary" }, add);
  return h(
    "div",
    { class: "drop-here" },
    icon("photo"),
    h("h1", {}, "Drop photos here"),
    h("p", {}, "Their background goes away on this machine; nothing is sent anywhere. Then make a cut-out, a headshot, a product picture or an ID photo."),
    button,
    h("p", { class: "help" }, "Or paste a picture with Ctrl+V."),
  );
}

/** @param {Shelf} shelf */
async function saveAll(shelf) {
  const ids = shelf.photos.filter(({ state }) => state === "ready").map(({ id }) => id);
  const file = await attempt(() => askFile("/photos/zip", { method: "POST", body: { ids } }));
  if (file) save(file.blob, file.name);
}

/** @param {Shelf} shelf */
async function removeAll(shelf) {
  const sure = await confirm("Remove all photos?", "The results that you have not downloaded are lost.", "Remove all");
  if (sure) await attempt(async () => {
    for (const { id } of shelf.photos) await shelf.remove(id);
  });
}
