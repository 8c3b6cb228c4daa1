// The list of messages of the channel that is open: history, live changes, groups, days, and scrolling.

import { el, role } from "./dom.js";
import { placeOf } from "./markdown.js";
import { messageElement } from "./message.js";
import { listenForMenus, openMessageMenu } from "./message_menu.js";
import { isThread } from "./store.js";
import { dayName } from "./time.js";

const PAGE = 50;
const GROUP_MS = 7 * 60 * 1000;
const NEAR_END_PX = 120;

export class Messages {
  /** `pressOf(messageId)` tells how the components of a message stand. */
  constructor(store, actions, pressOf) {
    this.store = store;
    this.actions = actions;
    this.pressOf = pressOf;
    this.private = new Map();
    this.dismissed = new Set();
    this.list = role("messages");
    this.scroller = role("scroller");
    this.toPresent = role("to-present");
    this.byId = new Map();
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.toPresent.addEventListener("click", () => this.toEnd());
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", ({ target }) => this.mentioned(target));
    listenForMenus(this.list, (id) => this.byId.get(id), (message, anchor) =>
      openMessageMenu(message, anchor, this.store, this.channel, this.actions));
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.list);
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.scroller);
  }

  /** Show `channel` as `api` sees it; what is already there and unchanged stays as it is. */
  async open(channel, api) {
    const same = this.channel?.id === channel.id;
    if (this.api && this.api.token !== api.token) this.forgetPrivate();
    this.channel = channel;
    this.api = api;
    if (!same) this.clear();
    const history = await api.get(`/channels/${channel.id}/messages?limit=${PAGE}`);
    if (this.channel !== channel || this.api !== api) return;
    this.complete = history.length < PAGE;
    const present = new Set(history.map((message) => message.id));
    for (const id of [...this.byId.keys()]) if (!present.has(id) && !this.private.has(id)) this.remove(id);
    for (const message of history.reverse()) if (!this.dismissed.has(message.id)) this.put(message);
    for (const message of this.private.values()) if (message.channel_id === channel.id) this.put(message);
    this.list.dataset.ready = channel.id;
    role("welcome").hidden = !this.complete;
    if (!same || this.stuck) this.toEnd();
  }

  clear() {
    this.byId.clear();
    this.list.replaceChildren();
    delete this.list.dataset.ready;
    this.stuck = true;
    this.toPresent.hidden = true;
    role("welcome").hidden = true;
  }

  /** Put a message in its place: in the order of ids, or over its earlier form. */
  put(message) {
    const earlier = this.element(message.id);
    const last = this.list.lastElementChild;
    this.byId.set(message.id, message);
    const focus = earlier?.contains(document.activeElement) ? document.activeElement.dataset.focus ?? "" : null;
    const element = messageElement(message, {
      store: this.store, channel: this.channel, actions: this.actions, press: this.pressOf(message.id), earlier,
      onload: () => this.stuck && this.toEnd(),
    });
    if (earlier) {
      const open = [...earlier.querySelectorAll(".spoiler")].map((each) => each.hasAttribute("data-open"));
      element.querySelectorAll(".spoiler").forEach((each, place) => each.toggleAttribute("data-open", open[place] ?? false));
      element.classList.toggle("chosen", earlier.classList.contains("chosen"));
      earlier.replaceWith(element);
      if (focus !== null) ((focus && element.querySelector(`[data-focus="${CSS.escape(focus)}"]`)) || element).focus({ preventScroll: true });
    } else if (!last || BigInt(last.dataset.messageId) < BigInt(message.id)) {
      this.list.append(element);
    } else {
      const next = [...this.list.children].find((each) => BigInt(each.dataset.messageId) > BigInt(message.id));
      this.list.insertBefore(element, next);
    }
    this.regroup(element);
    if (element.nextElementSibling) this.regroup(element.nextElementSibling);
    return element;
  }

  /** A message has come in. */
  arrived(message) {
    const own = message.author.id === this.store.me.id;
    this.removeLocal(message.nonce);
    this.put(message).classList.add("fresh");
    if (this.stuck || own) this.toEnd();
    else this.toPresent.hidden = false;
  }

  /** A message has changed; those that quote it change with it. */
  changed(message) {
    if (this.private.has(message.id)) this.keepPrivate(message);
    if (!this.byId.has(message.id)) return;
    const known = this.byId.get(message.id);
    this.put({ ...message, reactions: message.reactions ?? known.reactions });
    for (const other of this.byId.values()) {
      if (other.referenced_message?.id === message.id) this.put({ ...other, referenced_message: message });
    }
    if (this.stuck) this.toEnd();
  }

  /** Draw a message anew, since something beside it has changed. */
  redraw(id) {
    if (this.byId.has(id)) this.put(this.byId.get(id));
  }

  /** Keep a message that only this person sees: it is in no history. */
  keepPrivate(message) {
    this.private.set(message.id, message);
  }

  forgetPrivate() {
    for (const id of [...this.private.keys()]) this.remove(id);
  }

  /** Put away what only this person sees, for as long as the page is open. */
  dismiss(id) {
    this.dismissed.add(id);
    this.remove(id);
  }

  /** Show what became of a command that has no message yet; `local` is "sending" or "failed". */
  showLocal(message) {
    this.removeLocal(message.nonce);
    this.keepPrivate(message);
    if (message.channel_id !== this.channel.id) return;
    this.put(message);
    this.toEnd();
  }

  removeLocal(nonce) {
    for (const message of this.private.values()) if (message.local && message.nonce === String(nonce)) this.remove(message.id);
  }

  /** A command named in a text, or a place, was pressed. */
  mentioned(target) {
    if (target.matches(".mention-command")) this.actions.beginCommand(target.textContent.slice(1));
    const place = target.matches(".mention-place") && placeOf(target.title);
    if (place) this.actions.visit(place.channelId, place.messageId);
  }

  /** Go through the messages by arrow keys. */
  key(event) {
    if (event.key === "Enter") this.mentioned(event.target);
    const element = event.target.closest("[data-message-id]");
    const other = { ArrowDown: element?.nextElementSibling, ArrowUp: element?.previousElementSibling }[event.key];
    if (!other || event.target.matches("[role=combobox], video, audio")) return;
    event.preventDefault();
    other.focus();
  }

  remove(id) {
    this.private.delete(id);
    const element = this.element(id);
    this.byId.delete(id);
    if (!element) return;
    const next = element.nextElementSibling;
    element.remove();
    if (next) this.regroup(next);
    for (const other of this.byId.values()) {
      if (other.referenced_message?.id === id) this.put({ ...other, referenced_message: null });
    }
  }

  reacted({ message_id: id, user_id: userId, emoji }, added) {
    const message = this.byId.get(id);
    if (!message) return;
    const mine = userId === this.store.me.id;
    const all = (message.reactions ?? []).map((each) => ({ ...each }));
    let entry = all.find((each) => each.emoji.name === emoji.name);
    if (!entry) all.push(entry = { emoji, count: 0, me: false });
    entry.count += added ? 1 : -1;
    if (mine) entry.me = added;
    this.put({ ...message, reactions: all.filter((each) => each.count > 0) });
  }

  /** All reactions have been taken away, or those with one emoji. */
  reactionsCleared({ message_id: id, emoji }) {
    const message = this.byId.get(id);
    if (message) this.put({ ...message, reactions: (message.reactions ?? []).filter((each) => emoji && each.emoji.name !== emoji.name) });
  }

  lastOwn() {
    return [...this.byId.values()].filter((message) => message.author.id === this.store.me.id)
      .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? 1 : -1))[0];
  }

  jump(id) {
    const element = this.element(id);
    if (!element) return;
    element.scrollIntoView({ block: "center" });
    element.focus({ preventScroll: true });
    element.classList.remove("flash");
    void element.offsetWidth;
    element.classList.add("flash");
  }

  element(id) {
    return document.getElementById(`message-${id}`);
  }

  regroup(element) {
    const previous = element.previousElementSibling;
    const time = new Date(element.dataset.time);
    const before = previous && new Date(previous.dataset.time);
    const newDay = !before || before.toDateString() !== time.toDateString();
    const joined = !newDay && previous.dataset.authorId === element.dataset.authorId
      && time - before < GROUP_MS && !element.hasAttribute("data-reply");
    element.classList.toggle("first", !joined);
    if (newDay) element.dataset.day = dayName(element.dataset.time);
    else delete element.dataset.day;
  }

  toEnd() {
    this.stuck = true;
    this.toPresent.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    this.stuck = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.stuck) this.toPresent.hidden = true;
    if (scrollTop < 200 && !this.complete && !this.loading && this.list.dataset.ready) this.older();
  }

  async older() {
    this.loading = true;
    const { channel } = this;
    try {
      const first = this.list.firstElementChild.dataset.messageId;
      const history = await this.api.get(`/channels/${channel.id}/messages?limit=${PAGE}&before=${first}`);
      if (this.channel !== channel) return;
      this.complete = history.length < PAGE;
      const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
      for (const message of history) if (!this.dismissed.has(message.id)) this.put(message);
      role("welcome").hidden = !this.complete;
      this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    } finally {
      this.loading = false;
    }
  }
}

/** Return what stands at the beginning of a channel. */
export function welcome(title, channel) {
  const [sign, name, beginning] = channel.type === 1 ? ["@", title, `This is the beginning of your conversation with ${title}.`]
    : isThread(channel) ? ["⤷", title, "This is the start of the thread."]
    : ["#", `Welcome to #${title}!`, `This is the start of the #${title} channel. `];
  return [
    el("div", { class: "welcome-sign", "aria-hidden": "true" }, sign),
    el("h2", {}, name),
    el("p", {}, beginning, channel.topic ?? ""),
  ];
}
