// Calling commands: what is shown until the bot answers, and where it does not.

import { called, calledFor } from "./commands.js";
import { AUTOCOMPLETE, COMMAND, freshNonce, InteractionError } from "./interactions.js";
import { listed } from "./api.js";

const SLASH = 20;
const MENU = 23;
const EPHEMERAL = 1 << 6;

export class Calls {
  constructor(store, interactions, messages) {
    this.store = store;
    this.interactions = interactions;
    this.messages = messages;
  }

  /** Call a slash command. */
  slash(channel, entry, values, files) {
    return this.call(channel, SLASH, entry.name, called(entry, values, listed(files)), files);
  }

  /** Call a command for a message or a member. */
  forTarget(channel, command, target) {
    return this.call(channel, MENU, command.name, calledFor(command, target.id), []);
  }

  /** Ask what the option that has the focus may be. */
  async suggest(channel, entry, values) {
    const answer = await this.interactions.ask(AUTOCOMPLETE, channel, called(entry, values, []));
    return answer.choices ?? [];
  }

  async call(channel, type, name, data, files) {
    const nonce = freshNonce();
    const shown = {
      id: nonce, nonce, type, channel_id: channel.id, author: this.store.bot.user, timestamp: new Date().toISOString(),
      content: "Sending command", local: "sending", flags: 0, mentions: [], attachments: [], embeds: [],
      interaction_metadata: { type: COMMAND, name, user: this.store.me },
    };
    this.messages.showLocal(shown);
    try {
      await this.interactions.ask(COMMAND, channel, data, { files, nonce });
      this.messages.removeLocal(nonce);
    } catch (error) {
      if (!(error instanceof InteractionError)) throw error;
      this.messages.showLocal({ ...shown, local: "failed", flags: EPHEMERAL, content: error.message || "The application did not respond" });
    }
  }
}
