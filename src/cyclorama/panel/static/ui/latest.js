/**
 * Run work one at a time, always with the newest value; values in between are skipped. For sliders.
 * @template T
 * @param {(value: T) => Promise<unknown>} work
 * @returns {(value: T) => Promise<void>}
 */
export function latest(work) {
  let busy = false;
  /** @type {T[]} */
  let waiting = [];
  return async (value) => {
    waiting = [value];
    if (busy) return;
    busy = true;
    try {
      while (waiting.length) await work(/** @type {T} */ (waiting.pop()));
    } finally {
      busy = false;
    }
  };
}
