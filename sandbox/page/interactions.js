// What people ask of the bot other than by messages: commands, presses, choices, dialogs. Each has a nonce, by which
// the gateway tells how it went.

import { ApiError } from "./api.js";

export const COMMAND = 2;
export const COMPONENT = 3;
export const AUTOCOMPLETE = 4;
export const DIALOG = 5;

const PATIENCE_MS = 15_000;

/** The bot did not answer, or Discord refused with the message. */
export class InteractionError extends Error {}

export class Interactions {
  /** `connection()` returns `{api, session}`: as whom to ask. */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
    this.waiting = new Map();
  }

  /**
   * Ask, and wait for the outcome: the gateway's event. Raises InteractionError where it failed.
   * `more` goes beside `data`; `files` are those of `data.attachments`, `nonce` tells this one from others.
   */
  async ask(type, channel, data, { more = {}, files = [], nonce = freshNonce() } = {}) {
    const { api, session } = this.connection();
    const outcome = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.settle(nonce, null), PATIENCE_MS);
      this.waiting.set(nonce, { type, resolve, reject, timer });
    });
    const body = {
      type, nonce, session_id: session, application_id: this.store.bot.user.id, channel_id: channel.id, data, ...more,
      ...(channel.type === 1 ? {} : { guild_id: this.store.guild.id }),
    };
    try {
      await api.request("POST", "/interactions", body, files);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.settle(nonce, null, error.message);
    }
    return outcome;
  }

  /** Hear an event of the gateway that has a nonce. */
  heard(event, data) {
    const accepted = event === "INTERACTION_SUCCESS" && this.waiting.get(data.nonce)?.type === AUTOCOMPLETE;
    if (event === "INTERACTION_CREATE" || accepted) return;
    this.settle(data.nonce, event === "INTERACTION_FAILURE" ? null : data);
  }

  settle(nonce, outcome, problem = "") {
    const found = this.waiting.get(nonce);
    if (!found) return;
    this.waiting.delete(nonce);
    clearTimeout(found.timer);
    if (outcome) found.resolve(outcome);
    else found.reject(new InteractionError(problem));
  }
}

/** Return a nonce as Discord's client makes it: a snowflake of now. */
export function freshNonce() {
  return String((BigInt(Date.now() - 1420070400000) << 22n) + BigInt(Math.floor(Math.random() * 4194304)));
}
