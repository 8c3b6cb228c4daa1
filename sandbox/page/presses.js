// How the components of messages stand: pressed and waiting, or failed.

import { COMPONENT, InteractionError } from "./interactions.js";

const EPHEMERAL = 1 << 6;

export class Presses {
  /** `redraw(messageId)` is called whenever something changes. */
  constructor(interactions, redraw) {
    this.interactions = interactions;
    this.redraw = redraw;
    this.byMessage = new Map();
  }

  /** Return `{pending, failed}` of a message, undefined where nothing was pressed. */
  of(messageId) {
    return this.byMessage.get(messageId);
  }

  /** Press a button, or choose `values` in a select. */
  async press(message, component, values, channel) {
    this.set(message.id, { pending: component.custom_id });
    try {
      await this.interactions.ask(COMPONENT, channel, {
        component_type: component.type, custom_id: component.custom_id, ...(values ? { values } : {}),
      }, { more: { message_id: message.id, message_flags: (message.flags ?? 0) & EPHEMERAL } });
      this.set(message.id, null);
    } catch (error) {
      if (!(error instanceof InteractionError)) throw error;
      this.set(message.id, { failed: error.message || "This interaction failed" });
    }
  }

  set(messageId, press) {
    if (press) this.byMessage.set(messageId, press);
    else this.byMessage.delete(messageId);
    this.redraw(messageId);
  }
}
