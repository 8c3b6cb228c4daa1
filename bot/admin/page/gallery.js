// Finished pictures, newest first, by who asked for them, where, when and in which words.

import { get } from "/page/api.js";
import { block } from "/page/dialog.js";
import { el, role, show, words } from "/page/dom.js";
import { about, ago, link } from "/page/format.js";

const NONE = "No picture was found.";
const NONE_YET = "None among the pictures that were looked at; look further back.";
let pictures = [], before = null, asked = 0;

/** Look for pictures by what the form says. */
export async function search() {
  pictures = [];
  await look(null);
}

/** Look on behind those that are shown. */
export async function more() {
  await look(before);
}

async function look(from) {
  const mine = ++asked;
  const form = new FormData(role("filters"));
  const found = await get("pictures", {
    words: form.get("words"), member: form.get("member"), server: form.get("server"),
    since: seconds(form.get("since"), 0), until: seconds(form.get("until"), 1), before: from,
  });
  if (mine !== asked) return;
  pictures = [...pictures, ...found.pictures];
  before = found.before;
  show(role("pictures"), pictures, (picture) => picture.id, make);
  role("no-pictures").hidden = pictures.length > 0;
  role("no-pictures").textContent = before === null ? NONE : NONE_YET;
  role("more").hidden = before === null;
}

/** Return when a day begins here, or some days later. */
function seconds(day, later) {
  if (!day) return null;
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + later);
  return date.getTime() / 1000;
}

function make(picture) {
  const when = el("span");
  const image = el("img", { src: source(picture), alt: "", loading: "lazy", decoding: "async", width: picture.width, height: picture.height });
  image.addEventListener("error", () => { image.alt = "not kept"; });
  const open = el("button", { type: "button", "aria-label": `Open: ${picture.prompt.slice(0, 80)}`, onclick: () => view(picture) }, image);
  const item = el("li", {}, open, words(picture.prompt, { class: "prompt" }), el("div", { class: "about" }, about(picture, when)));
  return [item, () => when.replaceChildren(ago(picture.accepted))];
}

function view(picture) {
  const viewer = role("viewer");
  viewer.replaceChildren(el("figure", {},
    el("img", { src: source(picture), alt: picture.prompt }),
    el("figcaption", {},
      words(picture.prompt),
      el("div", { class: "about" }, about(picture, `${picture.width}×${picture.height}`, ago(picture.accepted),
        ...(picture.link ? [link(picture.link, "message")] : []), el("code", {}, picture.id)))),
    el("div", { class: "row-buttons" },
      el("button", { type: "button", class: "grave", onclick: () => { viewer.close(); block(picture.member, picture.server); } }, "Block"),
      el("button", { type: "button", onclick: () => viewer.close() }, "Close"))));
  viewer.showModal();
}

function source(picture) {
  return `/api/pictures/${encodeURIComponent(picture.id)}`;
}
