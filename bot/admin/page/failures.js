// What failed last, and why.

import { get } from "/page/api.js";
import { el, role, show, words } from "/page/dom.js";
import { about, ago, link } from "/page/format.js";

/** Ask for the failures and show them. */
export async function showFailures() {
  const { failures } = await get("failures");
  show(role("failures"), failures, (failure) => failure.id, make);
  role("no-failures").hidden = failures.length > 0;
}

function make(failure) {
  const when = el("span");
  const message = failure.link ? [link(failure.link, "message")] : [];
  const item = el("li", {},
    words(failure.prompt, { class: "prompt" }),
    el("div", { class: "why" }, failure.sentence),
    el("div", { class: "about" }, about(failure, when, ...message, el("code", {}, failure.id))));
  return [item, (current) => when.replaceChildren(ago(current.accepted))];
}
