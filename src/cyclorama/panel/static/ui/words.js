/** Numbers and names as people say them. */

/** @param {number} seconds @returns {string} As on a clock: 1:05, 1:02:05. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, at) => (at ? String(part).padStart(2, "0") : part)).join(":");
}

/** @param {number} seconds @returns {string} As one says it: "about 2 minutes". */
export function roughly(seconds) {
  if (seconds < 5) return "a few seconds";
  if (seconds < 60) return `${Math.round(seconds / 5) * 5} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes === 1 ? "about a minute" : `about ${minutes} minutes`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** @param {string} text @returns {string} With a capital letter at the start, and without one elsewhere. */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {string} key @returns {string} A key of the settings as a name: "light_wrap" is "Light wrap". */
export function named(key) {
  return capital(key.replaceAll("_", " ").replaceAll("-", " "));
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
