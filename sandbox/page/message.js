// One message as an element of the list.
//
// Hooks for tests: li[data-message-id][data-author][data-author-id], in it [data-role=content], [data-role=edited],
// [data-role=attachments] with .picture img, [data-role=embed], [data-role=reaction][data-emoji], [data-role=reply],
// [data-role=used], [data-role=thinking], [data-role=ephemeral] with the button "Dismiss message"; components in components.js.

import { avatar } from "./avatar.js";
import { components } from "./components.js";
import { dots, el, icon } from "./dom.js";
import { embed } from "./embed.js";
import { onlyEmoji, render } from "./markdown.js";
import { tools } from "./message_menu.js";
import { originLine } from "./origin_line.js";
import { attachment } from "./picture.js";
import { nameOf } from "./store.js";
import { hour, messageTime } from "./time.js";

const LOADING = 1 << 7;
const EPHEMERAL = 1 << 6;
const THREAD_CREATED = 18;
const THREAD_STARTER = 21;
const EYE = "M12 5c5 0 9 4 10.500 7-1.500 3-5.500 7-10.500 7S3 15 1.500 12C3 9 7 5 12 5Zm0 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z";

/** Return the element of a message; `earlier` is the one that it takes the place of, `press` how its components stand. */
export function messageElement(given, { store, channel, actions, press = null, earlier = null, onload = null }) {
  const message = standsFor(given);
  const { author } = message;
  const slots = new Map([...(earlier?.querySelectorAll("[data-slot]") ?? [])].map((each) => [each.dataset.slot, each]));
  const before = (slot) => {
    const key = slots.has(slot) ? slot : slots.keys().next().value;
    const found = slots.get(key) ?? null;
    slots.delete(key);
    return found;
  };
  const name = nameOf(author);
  const pinged = message.mention_everyone || message.mentions.some((user) => user.id === store.me.id);
  const line = originLine(message, store, actions);
  const ephemeral = Boolean((message.flags ?? 0) & EPHEMERAL);
  return el("li", {
    class: `message${pinged ? " pinged" : ""}${ephemeral ? " ephemeral" : ""}`,
    id: `message-${message.id}`,
    "data-message-id": message.id,
    "data-author": name,
    "data-author-id": author.id,
    "data-time": message.timestamp,
    "data-reply": line !== null,
    "data-ephemeral": ephemeral,
    tabindex: "-1",
  },
    line,
    el("div", { class: "side" }, avatar(author), el("span", { class: "hour", "aria-hidden": "true" }, hour(message.timestamp))),
    el("div", { class: "body" },
      el("h3", { class: "head" },
        el("span", { class: "name", style: { color: store.color(author.id) ?? "" } }, name),
        author.bot && el("span", { class: "tag" }, "APP"),
        messageTime(message.timestamp)),
      content(message, store, actions),
      message.attachments.length > 0 && el("div", { class: "attachments", "data-role": "attachments" },
        message.attachments.map((file, index) => {
          const slot = `file-${index}`;
          return attachment({ ...file, slot }, before(slot), { onload });
        })),
      message.embeds.map((each, index) => embed(each, index, store.names, before, { onload })),
      components(message, press, store, actions),
      message.thread && threadLink(message.thread, actions),
      message.reactions?.length > 0 && reactions(message, actions),
      ephemeral && note(message, actions)),
    !message.local && tools(message, store, channel, actions));
}

/** Return what a thread begins with: the message that it was made from, in its own place. */
function standsFor(message) {
  const { type, referenced_message: starter } = message;
  return type === THREAD_STARTER && starter ? { ...starter, id: message.id, channel_id: message.channel_id, thread: null, components: [], reactions: [] } : message;
}

function content(message, store, actions) {
  if (message.local) return el("div", { class: message.local, "data-role": message.local }, message.content, message.local === "sending" && dots());
  if (message.flags & LOADING && !message.content) {
    return el("div", { class: "thinking", "data-role": "thinking" }, dots(), `${nameOf(message.author)} is thinking…`);
  }
  if (message.type === THREAD_CREATED) {
    return el("div", { class: "content", "data-role": "content" }, "started a thread: ",
      el("button", { type: "button", class: "link", "data-focus": "thread", onclick: () => actions.visit(message.message_reference.channel_id) }, message.content));
  }
  if (!message.content && !message.edited_timestamp) return null;
  return el("div", { class: onlyEmoji(message.content) ? "content jumbo" : "content", "data-role": "content", dir: "auto" },
    render(message.content, store.names),
    message.edited_timestamp && message.content && el("span", { class: "edited", "data-role": "edited",
      title: new Date(message.edited_timestamp).toLocaleString() }, "(edited)"));
}

function note(message, actions) {
  return el("div", { class: "ephemeral-note", "data-role": "ephemeral" }, icon(EYE, 16), "Only you can see this · ",
    el("button", { type: "button", "data-focus": "dismiss", onclick: () => actions.dismiss(message) }, "Dismiss message"));
}

function threadLink(thread, actions) {
  return el("button", { type: "button", class: "thread-link", "data-role": "thread", "data-focus": "thread", onclick: () => actions.visit(thread.id) },
    el("strong", {}, thread.name), el("span", { class: "link" }, "See Thread ›"));
}

function reactions(message, actions) {
  return el("div", { class: "reactions" }, message.reactions.map(({ emoji, count, me }) =>
    el("button", { type: "button", class: me ? "reaction mine" : "reaction", "data-role": "reaction", "data-emoji": emoji.name, "data-focus": `emoji-${emoji.name}`,
      "aria-pressed": String(me), "aria-label": `${emoji.name}, ${count}`, onclick: () => actions.react(message, emoji.name, !me) },
      el("span", { class: "emoji" }, emoji.name), el("span", {}, count))));
}
