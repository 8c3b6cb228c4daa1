// Servers, who is blocked, and what the operator has done.

import { get } from "/page/api.js";
import { act } from "/page/dialog.js";
import { el, role, say, show, words } from "/page/dom.js";
import { ago, counted, date, line } from "/page/format.js";

/** Ask for everything and show it. */
export async function showModeration() {
  const wanted = new FormData(role("server-search")).get("words");
  const [servers, { blocked }, { deeds }] = await Promise.all([
    get("servers", { words: wanted }), get("blocked"), get("history"),
  ]);
  const hidden = servers.found - servers.servers.length;
  say(role("server-count"), `${servers.found}${hidden ? `, ${hidden} not shown` : ""}`);
  list("servers", servers.servers, (each) => each.server.id, makeServer);
  list("blocked", blocked, (each) => `${each.server?.id ?? 0} ${each.member.id}`, makeBlock);
  list("history", deeds, (deed) => `${deed.at} ${deed.what}`, makeDeed);
}

function list(name, items, key, make) {
  show(role(name), items, key, make);
  role(`no-${name}`).hidden = items.length > 0;
}

function makeServer({ server }) {
  const small = el("div", { class: "about" }), button = el("button", { type: "button", class: "small" });
  let paused = false;
  button.addEventListener("click", () => act(paused ? "resume" : "pause", { server: server.id }));
  const item = el("li", {}, el("div", {}, words(server.name), small), button);
  return [item, (current) => {
    paused = current.is_paused;
    say(small, [paused ? "paused" : "", current.requests ? counted(current.requests, "request") : "", server.id].filter(Boolean).join(" · "));
    say(button, paused ? "Resume" : "Pause");
    button.setAttribute("aria-label", `${paused ? "Resume" : "Pause"} ${server.name}`);
  }];
}

function makeBlock({ member, server }) {
  const small = el("div", { class: "about" });
  const body = { member: member.id, server: server?.id ?? "0" };
  const button = el("button", { type: "button", class: "small", "aria-label": `Unblock ${member.name || member.id}`,
    onclick: () => act("unblock", body) }, "Unblock");
  const item = el("li", {}, el("div", {}, words(member.name || member.id), small), button);
  return [item, (block) => {
    const end = block.until === null ? "for ever" : `until ${date(block.until)}`;
    const by = block.by_operator ? "by the operator" : "by a moderator";
    small.replaceChildren(server ? words(server.name) : "everywhere", ` · ${end} · ${by}`, ...(block.reason ? [" · ", words(block.reason)] : []));
  }];
}

function makeDeed(deed) {
  const when = el("span", { class: "about" });
  const where = deed.server ? [" · ", words(deed.server.name)] : [];
  return [el("li", {}, el("div", {}, line(deed.what), where), when), () => when.replaceChildren(ago(deed.at))];
}
