// What a channel shows in place of its messages: a forum its posts, an age-restricted one a question first.
//
// Hooks for tests: [data-role=app][data-view=messages|forum|gate]; [data-role=forum] with the button "New Post" and
// [data-post=<name>]; [data-role=gate] with the button "Continue".

import { el, role } from "./dom.js";
import { openForm } from "./form_dialog.js";

const FORUM = 15;
const PARAGRAPH = 2;

export class Places {
  /** `does.visit(channelId)` opens a channel, `does.post(channel, name, content)` and `does.thread(message, name)` make threads. */
  constructor(store, does) {
    this.store = store;
    this.does = does;
    this.agreed = new Set();
  }

  /** Turn to `channel`; returns whether its messages are shown. */
  open(channel) {
    const restricted = (channel.nsfw || this.store.channels.get(channel.parent_id)?.nsfw) && !this.agreed.has(channel.id);
    const view = restricted ? "gate" : channel.type === FORUM ? "forum" : "messages";
    role("app").dataset.view = view;
    for (const name of ["gate", "forum"]) role(name).hidden = view !== name;
    role("scroller").hidden = role("box").hidden = view !== "messages";
    if (view === "gate") this.ask(channel);
    if (view === "forum") this.showPosts(channel);
    return view === "messages";
  }

  ask(channel) {
    role("gate").replaceChildren(
      el("div", { class: "gate-sign", "aria-hidden": "true" }, "18+"),
      el("h2", {}, "Age-Restricted Channel"),
      el("p", {}, `#${channel.name} contains content that is only for adults. Are you over 18 and do you want to see it?`),
      el("div", { class: "gate-buttons" },
        el("button", { type: "button", class: "button secondary", onclick: () => history.back() }, el("span", { class: "button-content" }, "Go Back")),
        el("button", { type: "button", class: "button danger", onclick: () => {
          this.agreed.add(channel.id);
          this.does.visit(channel.id);
        } }, el("span", { class: "button-content" }, "Continue"))));
  }

  showPosts(channel) {
    const posts = this.store.threadsOf(channel.id).reverse();
    role("forum").replaceChildren(
      el("div", { class: "forum-head" }, el("p", {}, channel.topic ?? ""),
        this.store.mayWrite(channel) && el("button", { type: "button", class: "button primary", onclick: () => this.write(channel) },
          el("span", { class: "button-content" }, "New Post"))),
      el("ul", {}, posts.map((post) => el("li", {},
        el("a", { href: `#${post.id}`, class: "post", "data-post": post.name },
          el("strong", {}, post.name), el("span", {}, count(post.message_count ?? 0)))))),
      ...(posts.length ? [] : [el("p", { class: "forum-empty" }, "There are no posts yet.")]));
  }

  write(channel) {
    form("New Post", [input("name", "Title", { max_length: 100 }), input("content", "Message", { style: PARAGRAPH, max_length: 2000 })],
      this.store, ({ name, content }) => this.does.post(channel, name, content));
  }

  /** Ask what the thread of a message is to be called. */
  startThread(message) {
    const value = message.content.replace(/\s+/g, " ").slice(0, 40) || "New Thread";
    form("Create Thread", [input("name", "Thread Name", { max_length: 100, value })], this.store, ({ name }) => this.does.thread(message, name));
  }
}

function input(id, label, more) {
  return { type: 1, components: [{ type: 4, custom_id: id, label, style: 1, required: true, ...more }] };
}

function form(title, components, store, send) {
  openForm({ title, components, own: true }, store, ({ components: rows }) =>
    send(Object.fromEntries(rows.map((row) => [row.components[0].custom_id, row.components[0].value]))));
}

function count(number) {
  return `${number} ${number === 1 ? "message" : "messages"}`;
}
