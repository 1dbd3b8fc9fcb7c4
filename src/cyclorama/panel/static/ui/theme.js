/**
 * The theme: the system's, or the one that the user chose. It is kept in a cookie, because the panel may have another
 * port tomorrow: what a page stores otherwise belongs to one port, a cookie to the host (RFC 6265, 8.5).
 */

const NAME = "cyclorama-theme";
const YEAR_S = 365 * 24 * 3600;
const dark = matchMedia("(prefers-color-scheme: dark)");

let chosen = kept();

/** @returns {"dark" | "light"} The theme in force. */
export function theme() {
  return chosen ?? (dark.matches ? "dark" : "light");
}

/** Change to the other theme, and keep it. */
export function switchTheme() {
  chosen = theme() === "dark" ? "light" : "dark";
  document.cookie = `${NAME}=${chosen}; Path=/; Max-Age=${YEAR_S}; SameSite=Strict`;
  apply();
}

/** @returns {"dark" | "light" | undefined} */
function kept() {
  return /** @type {any} */ (document.cookie.match(`(?:^|; )${NAME}=(dark|light)(?:;|$)`)?.[1]);
}

function apply() {
  document.documentElement.dataset.theme = theme();
}

dark.addEventListener("change", apply);
apply();
