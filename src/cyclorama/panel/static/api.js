/** The interface of the panel: every request carries the token, every failure is an ApiError with one sentence. */

const KEY = "cyclorama.token";

/** @typedef {{label: string, action: string}} Fix */

/** A request that failed; its message is for people. */
export class ApiError extends Error {
  /** @param {number} status 0 where nothing answered. @param {string} message @param {Fix | null} [fix] */
  constructor(status, message, fix = null) {
    super(message);
    this.status = status;
    this.fix = fix;
  }
}

let sending = 0;
addEventListener("beforeunload", (event) => {
  if (sending) event.preventDefault(); // the browser asks whether to leave
});

/** Take the token out of the address bar; it stays with this tab of the browser. @returns {boolean} Whether there was one. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname);
  }
  return Boolean(given);
}

/** @returns {string} */
export function token() {
  return sessionStorage.getItem(KEY) ?? "";
}

/**
 * Ask, and read the answer as JSON; null where there is none.
 * @param {string} path Below /api.
 * @param {{method?: string, body?: unknown}} [options]
 * @returns {Promise<any>}
 */
export async function ask(path, options) {
  const answer = await request(path, options);
  return answer.status === 204 ? null : answer.json();
}

/** @typedef {{blob: Blob, name: string}} Received */

/**
 * Ask for a file; undefined where it has more than `most` bytes.
 * @template {{method?: string, body?: unknown, most?: number}} T
 * @param {string} path
 * @param {T} [options]
 * @returns {Promise<T extends {most: number} ? Received | undefined : Received>}
 */
export async function askFile(path, options) {
  const answer = await request(path, options);
  if (Number(answer.headers.get("content-length")) > (options?.most ?? Infinity)) {
    await answer.body?.cancel();
    return /** @type {any} */ (undefined);
  }
  const name = fileName(answer.headers.get("content-disposition") ?? "");
  return { blob: await answer.blob(), name };
}

/**
 * Send a file as a form. The browser asks before it leaves the page meanwhile.
 * @param {string} path
 * @param {Blob} file
 * @param {string} name
 * @param {(share: number) => void} [onProgress] Called with 0 to 1.
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function upload(path, file, name, onProgress = () => {}, signal) {
  await file.slice(0, 1).arrayBuffer().catch(() => {
    throw new ApiError(0, `${name} cannot be read: if it is a folder, give the files in it.`);
  });
  const form = new FormData();
  form.append("file", file, name);
  sending += 1;
  return sendForm(path, form, onProgress, signal).finally(() => (sending -= 1));
}

/**
 * @param {string} path @param {FormData} form @param {(share: number) => void} onProgress @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
function sendForm(path, form, onProgress, signal) {
  const sent = new XMLHttpRequest(); // fetch cannot say how much has been sent
  return new Promise((resolve, reject) => {
    sent.open("POST", `/api${path}`);
    sent.setRequestHeader("Authorization", `Bearer ${token()}`);
    sent.responseType = "json";
    sent.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
    sent.onload = () => (sent.status < 300 ? resolve(sent.response) : reject(problem(sent.status, sent.response)));
    sent.onerror = () => reject(lost());
    sent.onabort = () => reject(stopped());
    signal?.addEventListener("abort", () => sent.abort());
    if (signal?.aborted) reject(stopped());
    else sent.send(form);
  });
}

/** @param {string} path @param {{method?: string, body?: unknown}} [options] */
async function request(path, { method = "GET", body } = {}) {
  const headers = { Authorization: `Bearer ${token()}`, ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const answer = await fetch(`/api${path}`, { method, headers, body: sent }).catch(() => {
    throw lost();
  });
  if (!answer.ok) throw problem(answer.status, await answer.json().catch(() => null));
  return answer;
}

/** @param {number} status @param {{error?: string, fix?: Fix} | null} answer */
function problem(status, answer) {
  if (status === 401) return new ApiError(401, "This page is no longer allowed in: open the address that cyclorama panel printed last.");
  return new ApiError(status, sentence(answer?.error ?? `cyclorama answers with error ${status}: try again`), answer?.fix);
}

function stopped() {
  return new ApiError(0, "stopped");
}

function lost() {
  return new ApiError(0, "The connection to cyclorama is lost: is it still running?");
}

/** @param {string} text */
function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** @param {string} header Content-Disposition. */
function fileName(header) {
  const coded = /filename\*=UTF-8''([^;]+)/i.exec(header);
  return coded ? decodeURIComponent(coded[1]) : "cyclorama";
}
