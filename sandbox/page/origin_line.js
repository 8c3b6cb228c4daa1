// The line above a message: what it answers, or the command that it comes from.
//
// Hooks for tests: [data-role=reply], [data-role=used].

import { avatar } from "./avatar.js";
import { el, icon } from "./dom.js";
import { render } from "./markdown.js";
import { nameOf } from "./store.js";

const REPLY = 19;
const COMMANDS = [20, 23];
const MESSAGE_COMMAND = 23;
const COMMAND = 2;
const APPS = "M4 4h6v6H4zm10 0h6v6h-6zM4 14h6v6H4zm13-1 4 4-4 4-4-4z";

/** Return the line, null for a message that stands by itself. */
export function originLine(message, store, actions) {
  const asked = message.interaction_metadata ?? message.interaction;
  if (COMMANDS.includes(message.type) && asked?.type === COMMAND) return used(message, asked, store);
  return message.type === REPLY ? reply(message, store, actions) : null;
}

function used(message, asked, store) {
  const name = asked.name ?? message.interaction?.name;
  return el("div", { class: "reply", "data-role": "used" },
    avatar(asked.user, 16),
    el("span", { class: "name", style: { color: store.color(asked.user.id) ?? "" } }, nameOf(asked.user)),
    " used ",
    message.type === MESSAGE_COMMAND ? el("span", { class: "used-command" }, icon(APPS, 14), name)
      : el("span", { class: "used-command" }, name ? `/${name}` : "a command"));
}

function reply(message, store, actions) {
  const answered = message.referenced_message;
  if (!answered) return el("div", { class: "reply", "data-role": "reply" }, el("em", {}, "Original message was deleted"));
  const text = answered.content.replace(/\s+/g, " ").slice(0, 140);
  return el("button", { class: "reply", type: "button", "data-role": "reply", onclick: () => actions.jump(answered.id),
    "aria-label": `Replying to ${nameOf(answered.author)}` },
    avatar(answered.author, 16),
    answered.author.bot && el("span", { class: "tag" }, "APP"),
    el("span", { class: "name", style: { color: store.color(answered.author.id) ?? "" } },
      message.mentions.some((user) => user.id === answered.author.id) ? `@${nameOf(answered.author)}` : nameOf(answered.author)),
    el("span", { class: "reply-text" }, text ? render(text, store.names) : el("em", {}, "Click to see attachment")));
}
