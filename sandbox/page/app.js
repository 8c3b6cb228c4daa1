// The page: a Discord client for one member at a time, by the same API and gateway that the bot uses.
//
// Addresses: `#<channel id>` opens a channel, `?as=<member id>` says who writes.
// Hooks for tests: [data-role=app][data-state=connecting|open|lost][data-writer=<name>], [data-role=typing],
// [data-role=connection]; the other modules name theirs at their top.

import { Api, ApiError, listed } from "./api.js";
import { Calls } from "./calls.js";
import { Commands } from "./commands.js";
import { Composer } from "./composer.js";
import { role } from "./dom.js";
import { closeDrawers, listenForDrawers } from "./drawers.js";
import { openForm } from "./form_dialog.js";
import { Gateway } from "./gateway.js";
import { DIALOG, Interactions } from "./interactions.js";
import { Messages, welcome } from "./messages.js";
import { Places } from "./places.js";
import { Presses } from "./presses.js";
import { showChannels, showMembers, showSelf, signOf } from "./sidebars.js";
import { Store } from "./store.js";
import { Typing } from "./typing.js";

const RETRY_MS = 1000;
const EPHEMERAL = 1 << 6;
const CATEGORY = 4;

const store = new Store();
const commands = new Commands(store);
const typing = new Typing(store);
const unread = new Set();
let state = null;
let writer = null;
let api = null;
let channel = null;
let target = null;

const interactions = new Interactions(store, () => ({ api, session: gateway.session }));
const presses = new Presses(interactions, (id) => messages.redraw(id));

const pathOf = (message) => `/channels/${message.channel_id}/messages/${message.id}`;

const actions = {
  jump: (id) => messages.jump(id),
  reply: (message) => composer.reply(message),
  edit: (message) => composer.edit(message),
  remove: (message) => attempt(() => api.request("DELETE", pathOf(message))),
  react: (message, emoji, add) => attempt(() => api.request(add ? "PUT" : "DELETE",
    `${pathOf(message)}/reactions/${encodeURIComponent(emoji)}/@me`)),
  beginCommand: (name) => composer.slash.begin(name, channel),
  dismiss: (message) => messages.dismiss(message.id),
  press: (message, component, values) => presses.press(message, component, values, channel),
  messageCommands: async (place) => {
    await commands.load(api);
    return commands.forMessages(place);
  },
  userCommands: async () => {
    await commands.load(api);
    return commands.forUsers(channel);
  },
  command: (command, target) => calls.forTarget(channel, command, target),
  converse,
  createThread: (message) => places.startThread(message),
  visit,
};

const messages = new Messages(store, actions, (id) => presses.of(id));
const calls = new Calls(store, interactions, messages);

const places = new Places(store, {
  visit,
  post: (forum, name, content) => makeThread(`/channels/${forum.id}/threads`, { name, message: { content } }),
  thread: (message, name) => makeThread(`${pathOf(message)}/threads`, { name }),
});

const composer = new Composer(store, {
  send: (content, files, replyTo) => api.request("POST", `/channels/${channel.id}/messages`, {
    content, nonce: nonce(), enforce_nonce: true,
    ...(replyTo ? { message_reference: { message_id: replyTo.id } } : {}),
    ...(files.length ? { attachments: listed(files) } : {}),
  }, files),
  save: (message, content) => api.request("PATCH", `/channels/${message.channel_id}/messages/${message.id}`, { content }),
  typing: () => api.request("POST", `/channels/${channel.id}/typing`).catch(() => {}),
  editLast: () => {
    const last = messages.lastOwn();
    if (last) composer.edit(last);
  },
  refresh: () => commands.load(api),
  run: (entry, values, files) => calls.slash(channel, entry, values, files),
  suggest: (entry, values) => calls.suggest(channel, entry, values),
  writeAs,
}, commands);

const gateway = new Gateway({ onEvent, onState: showState, onRefused: () => setTimeout(start, RETRY_MS) });

function nonce() {
  return `${Date.now()}${Math.floor(Math.random() * 1e6)}`;
}

async function attempt(action) {
  try {
    composer.showError(null);
    await action();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    composer.showError(error.message);
  }
}

async function start() {
  try {
    state = await (await fetch("/sandbox/state")).json();
  } catch {
    showState("lost");
    setTimeout(start, RETRY_MS);
    return;
  }
  const wanted = writer?.id ?? new URLSearchParams(location.search).get("as");
  writeAs(state.members.find((member) => member.id === wanted)
    ?? state.members.find((member) => member.role === "member") ?? state.members[0]);
}

function writeAs(member) {
  writer = member;
  api = new Api(member.token);
  presses.byMessage.clear();
  composer.slash.cancel();
  role("app").dataset.writer = member.name;
  composer.showWriters(state, member.id);
  const address = new URL(location.href);
  address.searchParams.set("as", member.id);
  history.replaceState(null, "", address);
  gateway.login(member.token);
}

async function makeThread(path, body) {
  const thread = await api.request("POST", path, body);
  changeChannel(thread);
  visit(thread.id);
}

/** Open a channel, and go to one of its messages. */
function visit(channelId, messageId = null) {
  target = messageId;
  if (location.hash === `#${channelId}`) openChannel();
  else location.hash = channelId;
}

function showState(connection) {
  role("app").dataset.state = connection;
  const line = role("connection");
  line.hidden = connection === "open";
  line.textContent = connection === "lost" ? "Connection lost. Trying again…" : "";
}

const HANDLERS = {
  READY: (data) => store.ready(data),
  GUILD_CREATE: (data) => {
    store.guildCreate(data);
    showSelf(store.me, writer.role);
    showMembers(store, actions);
    openChannel();
    commands.load(api);
  },
  GUILD_APPLICATION_COMMAND_INDEX_UPDATE: () => commands.load(api),
  CHANNEL_CREATE: changeChannel,
  CHANNEL_UPDATE: changeChannel,
  THREAD_CREATE: changeChannel,
  THREAD_UPDATE: changeChannel,
  CHANNEL_DELETE: forgetChannel,
  THREAD_DELETE: forgetChannel,
  PRESENCE_UPDATE: (data) => {
    store.presences.set(data.user.id, data);
    showMembers(store, actions);
    typing.show();
  },
  MESSAGE_CREATE: (data) => {
    typing.end(data.channel_id, data.author.id);
    if (data.flags & EPHEMERAL) messages.keepPrivate(data);
    if (data.channel_id === channel?.id) messages.arrived(data);
    else if (data.author.id !== store.me.id) {
      unread.add(data.channel_id);
      showChannels(store, channel?.id, unread);
    }
  },
  MESSAGE_UPDATE: (data) => messages.changed(data),
  MESSAGE_DELETE: (data) => messages.remove(data.id),
  MESSAGE_REACTION_ADD: (data) => messages.reacted(data, true),
  MESSAGE_REACTION_REMOVE: (data) => messages.reacted(data, false),
  MESSAGE_REACTION_REMOVE_ALL: (data) => messages.reactionsCleared(data),
  MESSAGE_REACTION_REMOVE_EMOJI: (data) => messages.reactionsCleared(data),
  GUILD_MEMBER_UPDATE: (data) => {
    store.members.set(data.user.id, data);
    ranksChanged();
  },
  GUILD_ROLE_CREATE: changeRole,
  GUILD_ROLE_UPDATE: changeRole,
  GUILD_ROLE_DELETE: (data) => {
    store.roles.delete(data.role_id);
    ranksChanged();
  },
  TYPING_START: (data) => data.user_id !== store.me.id && typing.begin(data.channel_id, data.user_id),
  INTERACTION_MODAL_CREATE: (data) => {
    const place = store.channels.get(data.channel_id) ?? channel;
    openForm(data, store, (answer) => interactions.ask(DIALOG, place, answer));
  },
};

function onEvent(type, data) {
  if (data?.nonce && /^(INTERACTION|APPLICATION_COMMAND_AUTOCOMPLETE)_/.test(type)) interactions.heard(type, data);
  HANDLERS[type]?.(data);
}

function changeRole({ role: changed }) {
  store.roles.set(changed.id, changed);
  ranksChanged();
}

function ranksChanged() {
  showMembers(store, actions);
  composer.open(channel);
}

function changeChannel(data) {
  store.channels.set(data.id, { ...store.channels.get(data.id), ...data });
  if (data.id === channel?.id) {
    channel = store.channels.get(data.id);
    composer.open(channel);
  }
  if (data.parent_id === channel?.id) places.open(channel);
  showChannels(store, channel?.id, unread);
}

function forgetChannel(data) {
  store.channels.delete(data.id);
  if (data.id === channel?.id) location.hash = "";
  showChannels(store, channel?.id, unread);
}

function openChannel() {
  const wanted = store.channels.get(location.hash.slice(1));
  channel = wanted && wanted.type !== CATEGORY ? wanted : store.ordered.find((each) => each.type === 0);
  unread.delete(channel.id);
  const title = store.title(channel);
  document.title = `${channel.type === 1 ? "@" : "#"}${title} · ${store.guild.name}`;
  role("channel-name").textContent = title;
  role("channel-sign").replaceChildren(signOf(channel, store, 24));
  role("topic").textContent = channel.topic ?? "";
  role("welcome").replaceChildren(...welcome(title, channel));
  showChannels(store, channel.id, unread);
  composer.open(channel);
  typing.open(channel.id);
  closeDrawers();
  const shown = places.open(channel);
  const jumpTo = target;
  target = null;
  attempt(async () => {
    if (!shown) return;
    await messages.open(channel, api);
    if (jumpTo) messages.jump(jumpTo);
  });
}

function converse(user) {
  attempt(async () => {
    const opened = await api.request("POST", "/users/@me/channels", { recipient_id: user.id });
    store.channels.set(opened.id, opened);
    location.hash = opened.id;
  });
}

listenForDrawers();
addEventListener("hashchange", () => store.guild && openChannel());

start();
