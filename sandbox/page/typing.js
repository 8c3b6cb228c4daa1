// Who is typing where, and the line below the text box that says so.

import { role } from "./dom.js";
import { nameOf } from "./store.js";

const TYPING_MS = 10_000;

export class Typing {
  constructor(store) {
    this.store = store;
    this.timers = new Map();
    this.channelId = null;
  }

  /** Show who types in this channel. */
  open(channelId) {
    this.channelId = channelId;
    this.show();
  }

  begin(channelId, userId) {
    this.end(channelId, userId);
    this.timers.set(`${channelId} ${userId}`, setTimeout(() => this.end(channelId, userId), TYPING_MS));
    this.show();
  }

  end(channelId, userId) {
    const key = `${channelId} ${userId}`;
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    this.show();
  }

  show() {
    const names = [...this.timers.keys()].map((key) => key.split(" ")).filter(([place]) => place === this.channelId)
      .map(([, id]) => this.store.members.get(id)).filter(Boolean).map((member) => nameOf(member.user));
    const line = role("typing");
    const bot = this.store.bot?.user;
    line.classList.toggle("active", names.length > 0);
    if (names.length) line.textContent = `${new Intl.ListFormat("en").format(names)} ${names.length > 1 ? "are" : "is"} typing…`;
    else line.textContent = !bot || this.store.online(bot.id) ? "" : `${nameOf(bot)} is offline and will not answer.`;
  }
}
