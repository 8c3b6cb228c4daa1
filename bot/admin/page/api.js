// The bot's answers. The cookie comes along by itself; the proof does not, so no other page can ask.

const PROOF = "easel-proof";
const MILLISECONDS = 25_000;

/** Why there is no answer, or not the one that was wanted, in a sentence. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** Return whether this browser has logged in. */
export function hasProof() {
  return localStorage.getItem(PROOF) !== null;
}

/** Forget that it has. */
export function forget() {
  localStorage.removeItem(PROOF);
}

/** Ask for something; what is given as `query` and empty is left out. Throws `Refused`. */
export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return ask("GET", given.length ? `${path}?${new URLSearchParams(given)}` : path);
}

/** Have something done. Throws `Refused`. */
export function post(path, body = {}) {
  return ask("POST", path, body);
}

/** Show the token. Throws `Refused`. */
export async function logIn(token) {
  localStorage.setItem(PROOF, (await post("session", { token })).proof);
}

/** End the session. */
export async function logOut() {
  await ask("DELETE", "session").catch(() => {});
  forget();
}

async function ask(method, path, body) {
  const headers = { "X-Easel-Proof": localStorage.getItem(PROOF) ?? "" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response, answer;
  try {
    response = await fetch(`/api/${path}`, {
      method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(MILLISECONDS),
    });
    answer = await response.json();
  } catch {
    throw new Refused(0, "Easel does not answer.");
  }
  if (!response.ok) throw new Refused(response.status, answer.error ?? "Easel gave no reason.");
  return answer;
}
