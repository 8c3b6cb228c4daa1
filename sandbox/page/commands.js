// The application's commands: which there are, who may use them where, and which match what is being typed.

import { PERMISSIONS } from "./store.js";

const CHAT = 1;
const USER = 2;
const MESSAGE = 3;
const SUBCOMMAND = 1;
const GROUP = 2;

export class Commands {
  constructor(store) {
    this.store = store;
    this.all = [];
  }

  /** Ask for the commands of the server and the global ones; what cannot be had is left as it was. */
  async load(api) {
    const application = this.store.bot?.user.id;
    if (!application) return;
    const lists = await Promise.all([`guilds/${this.store.guild.id}/commands`, "commands"].map((path) =>
      api.get(`/applications/${application}/${path}`).catch(() => null)));
    if (lists.some(Boolean)) this.all = lists.flatMap((list) => list ?? []);
  }

  /** Slash commands for `channel`, subcommands each by itself: `{name, description, options, command, path}`. */
  entries(channel) {
    return this.usable(CHAT, channel).flatMap((command) => flat(command, command, [], command.name));
  }

  /** The commands for messages in `channel`. */
  forMessages(channel) {
    return this.usable(MESSAGE, channel);
  }

  /** The commands for members, called in `channel`. */
  forUsers(channel) {
    return this.usable(USER, channel);
  }

  usable(type, channel) {
    const direct = channel.type === 1;
    if (!direct && !this.store.may(PERMISSIONS.useApplicationCommands, channel)) return [];
    return this.all.filter((command) => (command.type ?? CHAT) === type
      && (direct ? !command.guild_id && (command.contexts?.includes(1) ?? command.dm_permission ?? true)
        : command.contexts?.includes(0) ?? true)
      && (direct || this.permitted(command, channel))
      && (!command.nsfw || channel.nsfw));
  }

  permitted(command, channel) {
    const needed = command.default_member_permissions;
    if (needed === null || needed === undefined) return true;
    if (needed === "0") return this.store.may(PERMISSIONS.administrator, channel);
    return this.store.may(BigInt(needed), channel);
  }
}

function flat(command, from, path, name) {
  const deeper = (from.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
  if (!deeper.length) return [{ name, description: from.description, options: from.options ?? [], command, path }];
  return deeper.flatMap((option) => flat(command, option, [...path, option], `${name} ${option.name}`));
}

/** Return the entries that match what stands after the slash, the best first. */
export function matching(entries, typed) {
  const query = typed.trim().toLowerCase();
  const rank = ({ name, description }) => (name.startsWith(query) ? 0 : name.includes(query) ? 1
    : description.toLowerCase().includes(query) ? 2 : 3);
  return entries.map((entry) => [rank(entry), entry]).filter(([place]) => place < 3)
    .sort(([a, one], [b, other]) => a - b || one.name.localeCompare(other.name)).map(([, entry]) => entry);
}

/** Return the `data` of an interaction that calls `entry` with `values`, the option objects. */
export function called({ command, path }, values, attachments) {
  const options = path.reduceRight((inner, { type, name }) => [{ type, name, options: inner }], values);
  return { ...reference(command), options, attachments };
}

/** Return the `data` of an interaction that calls a command for a message or a member. */
export function calledFor(command, targetId) {
  return { ...reference(command), target_id: targetId, options: [], attachments: [] };
}

function reference({ id, name, type, version, guild_id: guildId }) {
  return { id, name, type: type ?? CHAT, version, ...(guildId ? { guild_id: guildId } : {}) };
}
