// Logging in, the views, and asking again and again how it all stands.

import { forget, get, hasProof, logIn, logOut } from "/page/api.js";
import { act, block, confirm, tell } from "/page/dialog.js";
import { role, say } from "/page/dom.js";
import { showFailures } from "/page/failures.js";
import { counted } from "/page/format.js";
import { more, search } from "/page/gallery.js";
import { showModeration } from "/page/moderation.js";
import { showNow } from "/page/now.js";

const SECONDS = 2, MOST_SECONDS = 15;
const VIEWS = { now: () => {}, failures: showFailures, gallery: search, moderation: showModeration };
let state = null, polling = 0, silent = 0, stopping = false;

function current() {
  const name = location.hash.slice(1);
  return Object.hasOwn(VIEWS, name) ? name : "now";
}

async function open() {
  const name = current();
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== name;
  for (const tab of document.querySelectorAll(".tabs a")) {
    if (tab.hash === `#${name}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  await attempt(VIEWS[name]);
}

/** Do something that asks the bot, and tell why it gave no answer. */
async function attempt(work) {
  try {
    await work();
  } catch (refused) {
    if (refused.status === 401) askForToken();
    else if (refused.status !== undefined) tell(refused.message);
    else throw refused;
  }
}

async function poll() {
  clearTimeout(polling);
  let seconds = SECONDS;
  try {
    const before = state;
    state = await get("state");
    silent = 0;
    stopping = state.is_stopping;
    showState();
    if (before !== null && before.ended.failed !== state.ended.failed && current() === "failures") await attempt(showFailures);
  } catch (refused) {
    if (refused.status === 401) return askForToken();
    if (refused.status === undefined) throw refused;
    silent += 1;
    seconds = Math.min(SECONDS * silent, MOST_SECONDS);
    banner(stopping ? "The bot has ended, as it was told to." : `${refused.message} This is how it stood before.`, true);
  }
  document.body.dataset.state = silent ? "silent" : "open";
  clearTimeout(polling);
  polling = setTimeout(poll, 1000 * seconds);
}

function showState() {
  say(role("bot"), state.bot === "Easel" ? "" : state.bot);
  const up = state.devices.filter((device) => device.state === "up").length;
  say(role("summary"), [
    `${state.running} being painted`, `${state.waiting} waiting`,
    `${up} of ${counted(state.devices.length, "device")} up`, counted(state.servers, "server"),
    `${state.ended.finished} finished`, ...(state.ended.failed ? [`${state.ended.failed} failed`] : []),
  ].join(" · "));
  say(role("pause"), state.is_paused ? "Resume everywhere" : "Pause everywhere");
  role("pause").disabled = role("drain").disabled = state.is_stopping;
  if (state.is_stopping) banner("The bot is being stopped: it finishes what it paints, and the rest goes on at the next start.");
  else if (state.is_paused) banner("Painting is paused everywhere. What was waiting before is still painted.");
  else banner("");
  document.title = state.waiting + state.running ? `(${state.waiting + state.running}) Easel` : "Easel";
  showNow(state);
}

function banner(text, wrong = false) {
  say(role("banner"), text);
  role("banner").hidden = !text;
  role("banner").classList.toggle("wrong", wrong);
}

function askForToken() {
  clearTimeout(polling);
  forget();
  state = null;
  document.body.dataset.state = "login";
  role("app").hidden = true;
  role("login").hidden = false;
  role("token").focus();
}

async function begin() {
  role("login").hidden = true;
  role("app").hidden = false;
  await Promise.all([poll(), open()]);
}

role("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  say(role("login-error"), "");
  try {
    await logIn(role("token").value);
    role("token").value = "";
    await begin();
  } catch (refused) {
    say(role("login-error"), refused.message);
  }
});
role("log-out").addEventListener("click", async () => { await logOut(); askForToken(); });
role("pause").addEventListener("click", async () => {
  const paused = state?.is_paused;
  const text = "Nobody can ask for pictures, in any server or in private, until you resume. What waits is still painted.";
  if (paused || (await confirm("Pause everywhere?", text, "Pause everywhere"))) await act(paused ? "resume" : "pause", { server: "0" });
});
role("drain").addEventListener("click", async () => {
  const text = "It takes no more requests, finishes what it paints as far as there is time, and ends; the rest goes on at the next start. "
    + "Starting it again is not done here: a service manager that restarts it always will do so at once.";
  if (await confirm("Stop the bot?", text, "Stop the bot") && (await act("drain"))) stopping = true;
});
role("filters").addEventListener("submit", (event) => { event.preventDefault(); attempt(search); });
role("more").addEventListener("click", () => attempt(more));
role("server-search").addEventListener("submit", (event) => { event.preventDefault(); attempt(showModeration); });
role("block-somebody").addEventListener("click", () => block());
document.addEventListener("acted", () => { poll(); if (current() === "moderation") attempt(showModeration); });
document.addEventListener("visibilitychange", () => { if (!document.hidden && state !== null) poll(); });
addEventListener("hashchange", open);

if (hasProof()) begin();
else askForToken();
