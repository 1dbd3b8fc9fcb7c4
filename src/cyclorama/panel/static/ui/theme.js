/** The theme: the system's, or the one that the user chose, which the browser keeps. */

const KEY = "cyclorama.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** @returns {"dark" | "light"} The theme in force. */
export function theme() {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "dark" || chosen === "light") return chosen;
  return dark.matches ? "dark" : "light";
}

/** Change to the other theme, and keep it. */
export function switchTheme() {
  localStorage.setItem(KEY, theme() === "dark" ? "light" : "dark");
  apply();
}

function apply() {
  document.documentElement.dataset.theme = theme();
}

dark.addEventListener("change", apply);
apply();
