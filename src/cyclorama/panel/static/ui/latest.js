/**
 * Run work one at a time, always with the newest value; values in between are skipped, and so is a failure that a newer
 * value follows. For sliders.
 * @template T
 * @param {(value: T) => Promise<unknown>} work
 * @returns {(value: T) => Promise<void>}
 */
export function latest(work) {
  let busy = false;
  /** @type {T[]} */
  let waiting = [];
  const unlessNewer = (/** @type {unknown} */ error) => {
    if (!waiting.length) throw error;
  };
  return async (value) => {
    waiting = [value];
    if (busy) return;
    busy = true;
    try {
      while (waiting.length) await work(/** @type {T} */ (waiting.pop())).catch(unlessNewer);
    } finally {
      busy = false;
    }
  };
}
