// One message as an element of the list.
//
// Hooks for tests: li[data-message-id][data-author][data-author-id], in it [data-role=content], [data-role=edited],
// [data-role=attachments] with .picture img, [data-role=embed], [data-role=reaction][data-emoji], [data-role=reply].

import { avatar } from "./avatar.js";
import { el, icon } from "./dom.js";
import { embed } from "./embed.js";
import { onlyEmoji, render } from "./markdown.js";
import { attachment } from "./picture.js";
import { nameOf, PERMISSIONS } from "./store.js";
import { hour, messageTime } from "./time.js";

const REPLY = "M10 8V4l-8 8 8 8v-4.500c5 0 9 1.5 12 5-1-6-4.5-11.5-12-12.500Z";
const EDIT = "M16.8 2.900a2.3 2.3 0 0 1 3.3 0l1 1a2.3 2.3 0 0 1 0 3.300L19.4 9 15 4.600zM13.6 6 3 16.600V21h4.400L18 10.400z";
const DELETE = "M9 3h6l1 2h4v2H4V5h4zM6 9h12l-1 12H7z";
const SMILE = "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20ZM8.5 8a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3Zm7 0a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3ZM12 18c-2.5 0-4.4-1.4-5.2-3.500h10.400C16.4 16.6 14.5 18 12 18Z";
const EMOJI = ["❤️", "👍", "😂", "🎨", "🔥", "👀"];

/** Return the element of a message; `earlier` is the one that it takes the place of. */
export function messageElement(message, { store, channel, actions, earlier = null, onload = null }) {
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
  return el("li", {
    class: pinged ? "message pinged" : "message",
    id: `message-${message.id}`,
    "data-message-id": message.id,
    "data-author": name,
    "data-author-id": author.id,
    "data-time": message.timestamp,
    "data-reply": message.type === 19,
    tabindex: "-1",
  },
    message.type === 19 && replyPreview(message, store, actions),
    el("div", { class: "side" }, avatar(author), el("span", { class: "hour", "aria-hidden": "true" }, hour(message.timestamp))),
    el("div", { class: "body" },
      el("h3", { class: "head" },
        el("span", { class: "name", style: { color: store.color(author.id) ?? "" } }, name),
        author.bot && el("span", { class: "tag" }, "APP"),
        messageTime(message.timestamp)),
      content(message, store),
      message.attachments.length > 0 && el("div", { class: "attachments", "data-role": "attachments" },
        message.attachments.map((file, index) => {
          const slot = `file-${index}`;
          return attachment({ ...file, slot }, before(slot), { onload });
        })),
      message.embeds.map((each, index) => embed(each, index, store.names, before, { onload })),
      message.reactions?.length > 0 && reactions(message, actions)),
    tools(message, store, channel, actions));
}

function content(message, store) {
  if (!message.content && !message.edited_timestamp) return null;
  return el("div", { class: onlyEmoji(message.content) ? "content jumbo" : "content", "data-role": "content", dir: "auto" },
    render(message.content, store.names),
    message.edited_timestamp && message.content && el("span", { class: "edited", "data-role": "edited",
      title: new Date(message.edited_timestamp).toLocaleString() }, "(edited)"));
}

function replyPreview(message, store, actions) {
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

function reactions(message, actions) {
  return el("div", { class: "reactions" }, message.reactions.map(({ emoji, count, me }) =>
    el("button", { type: "button", class: me ? "reaction mine" : "reaction", "data-role": "reaction", "data-emoji": emoji.name,
      "aria-pressed": String(me), "aria-label": `${emoji.name}, ${count}`, onclick: () => actions.react(message, emoji.name, !me) },
      el("span", { class: "emoji" }, emoji.name), el("span", {}, count))));
}

function tools(message, store, channel, actions) {
  const own = message.author.id === store.me.id;
  const button = (label, path, run, className = "") =>
    el("button", { type: "button", class: className, title: label, "aria-label": label, onclick: run }, icon(path, 18));
  const palette = el("div", { class: "palette", hidden: true }, EMOJI.map((emoji) =>
    el("button", { type: "button", "aria-label": `React with ${emoji}`, onclick: () => {
      palette.hidden = true;
      actions.react(message, emoji, true);
    } }, emoji)));
  return el("div", { class: "tools", role: "group", "aria-label": "Message actions" },
    palette,
    store.may(PERMISSIONS.addReactions, channel) && button("Add reaction", SMILE, () => { palette.hidden = !palette.hidden; }),
    store.may(PERMISSIONS.sendMessages, channel) && button("Reply", REPLY, () => actions.reply(message)),
    own && button("Edit", EDIT, () => actions.edit(message)),
    (own || store.may(PERMISSIONS.manageMessages, channel)) && button("Delete", DELETE, () => actions.remove(message), "danger"));
}
