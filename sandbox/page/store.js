// What the page knows of the server: roles, members, channels, presences, and what one may do where.

const ADMINISTRATOR = 1n << 3n;
const EVERYTHING = (1n << 53n) - 1n;
const WHILE_TIMED_OUT = (1n << 10n) | (1n << 16n);

export const PERMISSIONS = {
  administrator: ADMINISTRATOR, addReactions: 1n << 6n, viewChannel: 1n << 10n, sendMessages: 1n << 11n,
  manageMessages: 1n << 13n, attachFiles: 1n << 15n, useApplicationCommands: 1n << 31n, manageThreads: 1n << 34n,
  createThreads: 1n << 35n, sendInThreads: 1n << 38n,
};

export class Store {
  constructor() {
    this.clear();
  }

  clear() {
    this.me = null;
    this.guild = null;
    this.roles = new Map();
    this.members = new Map();
    this.channels = new Map();
    this.presences = new Map();
  }

  ready(data) {
    this.clear();
    this.me = data.user;
    for (const channel of data.private_channels) this.channels.set(channel.id, channel);
  }

  guildCreate(data) {
    this.guild = { id: data.id, name: data.name, ownerId: data.owner_id };
    this.roles = new Map(data.roles.map((role) => [role.id, role]));
    this.members = new Map(data.members.map((member) => [member.user.id, member]));
    for (const channel of [...data.channels, ...(data.threads ?? [])]) this.channels.set(channel.id, channel);
    for (const presence of data.presences) this.presences.set(presence.user.id, presence);
  }

  /** Channels in order, each category before its own; without threads. */
  get ordered() {
    return [...this.channels.values()].filter((channel) => channel.type !== 1 && !isThread(channel))
      .sort((a, b) => a.position - b.position);
  }

  /** The threads of a channel that are open, the oldest first. */
  threadsOf(channelId) {
    return [...this.channels.values()].filter((channel) => isThread(channel) && channel.parent_id === channelId
      && !channel.thread_metadata?.archived).sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  }

  get conversations() {
    return [...this.channels.values()].filter((channel) => channel.type === 1);
  }

  get bot() {
    return [...this.members.values()].find((member) => member.user.bot);
  }

  /** The roles of a member, highest first. */
  rolesOf(userId) {
    const ids = this.members.get(userId)?.roles ?? [];
    return ids.map((id) => this.roles.get(id)).filter(Boolean).sort((a, b) => b.position - a.position);
  }

  color(userId) {
    const color = this.rolesOf(userId).find((role) => role.color)?.color;
    return color ? `#${color.toString(16).padStart(6, "0")}` : null;
  }

  online(userId) {
    return (this.presences.get(userId)?.status ?? "offline") !== "offline";
  }

  /** What a channel is called where it is spoken of. */
  title(channel) {
    return channel.type === 1 ? nameOf(channel.recipients[0]) : channel.name;
  }

  /** Whether one may write here; in threads that is a permission of its own. */
  mayWrite(channel) {
    if (!isThread(channel)) return this.may(PERMISSIONS.sendMessages, channel);
    const locked = channel.thread_metadata?.locked && !this.may(PERMISSIONS.manageThreads, channel);
    return !locked && this.may(PERMISSIONS.sendInThreads, channel);
  }

  may(permission, channel) {
    return (this.permissions(this.me.id, channel) & permission) === permission;
  }

  permissions(userId, channel) {
    if (channel.type === 1) return PERMISSIONS.viewChannel | PERMISSIONS.sendMessages | PERMISSIONS.attachFiles | PERMISSIONS.addReactions;
    if (isThread(channel)) return this.permissions(userId, this.channels.get(channel.parent_id));
    if (userId === this.guild.ownerId) return EVERYTHING;
    const ids = new Set(this.members.get(userId).roles);
    let granted = BigInt(this.roles.get(this.guild.id).permissions);
    for (const role of this.rolesOf(userId)) granted |= BigInt(role.permissions);
    if (granted & ADMINISTRATOR) return EVERYTHING;
    const apply = (chosen) => {
      const allow = chosen.reduce((bits, each) => bits | BigInt(each.allow), 0n);
      const deny = chosen.reduce((bits, each) => bits | BigInt(each.deny), 0n);
      granted = (granted & ~deny) | allow;
    };
    apply(channel.permission_overwrites.filter((each) => each.id === this.guild.id));
    apply(channel.permission_overwrites.filter((each) => ids.has(each.id)));
    apply(channel.permission_overwrites.filter((each) => each.id === userId));
    return this.timedOut(userId) ? granted & WHILE_TIMED_OUT : granted;
  }

  timedOut(userId) {
    return Date.parse(this.members.get(userId).communication_disabled_until ?? 0) > Date.now();
  }

  /** Who is behind the ids in a text. */
  get names() {
    const member = (id) => this.members.get(id);
    return {
      user: (id) => (member(id) ? nameOf(member(id).user) : "unknown-user"),
      role: (id) => this.roles.get(id)?.name ?? "unknown-role",
      channel: (id) => this.channels.get(id)?.name ?? "unknown",
    };
  }
}

/** Whether a channel is a thread, or a post of a forum. */
export function isThread(channel) {
  return channel.type >= 10 && channel.type <= 12;
}

/** Return what a user is called. */
export function nameOf(user) {
  return user.global_name ?? user.username;
}
