/** The page: its parts, its theme, and what it says when the panel is gone. */

import { ask, takeToken, token } from "./api.js";
import { startClips } from "./clips/view.js";
import { startLive } from "./live/view.js";
import { startPhotos } from "./photos/view.js";
import { loadBackgrounds } from "./ui/backgrounds.js";
import { confirm } from "./ui/dialog.js";
import { fill, h, icon, loadIcons, setIcon } from "./ui/dom.js";
import { refuseOtherDrops } from "./ui/files.js";
import { startRoutes } from "./ui/route.js";
import { switchTheme, theme } from "./ui/theme.js";
import { attempt } from "./ui/toast.js";

const TELL_AFTER_MS = 800;
const LOST = "cyclorama does not answer. It may have been closed: start it again, or wait, this page tries by itself.";
const REFUSED = "This page is not allowed in: open the address that cyclorama panel printed last.";

/** @param {string} id @returns {HTMLElement} */
function place(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

function themeButton() {
  const button = h("button", { class: "quiet only-icon", onclick: () => (switchTheme(), show()) }, icon("moon"));
  const show = () => {
    const other = theme() === "dark" ? "light" : "dark";
    setIcon(button, other === "dark" ? "moon" : "sun");
    button.setAttribute("aria-label", `Use the ${other} theme`);
    button.title = `Use the ${other} theme`;
  };
  show();
  return button;
}

/** @param {() => void} onEnd Called when cyclorama has ended. */
function quitButton(onEnd) {
  const text = "Other programs lose the picture. A recording is finished first, and what you have set is kept.";
  const quit = async () => {
    if (!(await confirm("End cyclorama?", text, "End it"))) return;
    if ((await attempt(async () => (await ask("/quit", { method: "POST" }), true))) !== true) return;
    onEnd();
    fill(place("content"), h("div", { class: "drop-here" }, icon("power"), h("h1", {}, "cyclorama has ended"), h("p", {}, "You can close this page. Start it again from your menu, or with cyclorama panel.")));
    document.querySelector(".top nav")?.remove();
    place("tools").remove();
  };
  return h("button", { class: "quiet only-icon", "aria-label": "End cyclorama", title: "End cyclorama", onclick: quit }, icon("power"));
}

/** Say that the panel is gone, unless it comes back at once. */
function connectionTeller() {
  let timer = 0;
  return (/** @type {"yes" | "no" | "refused"} */ connected) => {
    if (connected !== "no") {
      clearTimeout(timer);
      timer = 0;
      tellOffline(connected === "refused" ? REFUSED : "");
    } else if (!timer) timer = setTimeout(() => tellOffline(LOST), TELL_AFTER_MS);
  };
}

/** @param {string} text */
function tellOffline(text) {
  const bar = place("offline");
  if (bar.textContent === text) return;
  bar.hidden = !text;
  document.body.classList.toggle("alone", Boolean(text));
  fill(bar, ...(text ? [icon("warning"), h("p", {}, text)] : []));
}

/** The skip link must not change the address, which says which part is shown. */
function skipLink() {
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    place("content").focus();
  });
}

function start() {
  takeToken();
  addEventListener("hashchange", () => takeToken() && location.reload()); // the address of another panel was opened here
  skipLink();
  refuseOtherDrops();
  void attempt(loadIcons);
  place("tools").append(themeButton());
  if (!token()) {
    tellOffline(REFUSED);
    return;
  }
  startRoutes();
  const live = startLive(place("view-live"), connectionTeller());
  startPhotos(place("view-photos"));
  startClips(place("view-clips"));
  place("tools").append(quitButton(() => live.close()));
  void attempt(loadBackgrounds);
}

start();
