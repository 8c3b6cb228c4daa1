// The page: a Discord client for one member at a time, by the same API and gateway that the bot uses.
//
// Addresses: `#<channel id>` opens a channel, `?as=<member id>` says who writes.
// Hooks for tests: [data-role=app][data-state=connecting|open|lost][data-writer=<name>], [data-role=typing],
// [data-role=connection]; the other modules name theirs at their top.

import { Api, ApiError } from "./api.js";
import { Composer } from "./composer.js";
import { role } from "./dom.js";
import { Gateway } from "./gateway.js";
import { Messages, welcome } from "./messages.js";
import { showChannels, showMembers, showSelf } from "./sidebars.js";
import { nameOf, Store } from "./store.js";

const TYPING_MS = 10_000;
const RETRY_MS = 1000;

const store = new Store();
const unread = new Set();
const typing = new Map();
let state = null;
let writer = null;
let api = null;
let channel = null;

const actions = {
  jump: (id) => messages.jump(id),
  reply: (message) => composer.reply(message),
  edit: (message) => composer.edit(message),
  remove: (message) => attempt(() => api.request("DELETE", `/channels/${message.channel_id}/messages/${message.id}`)),
  react: (message, emoji, add) => attempt(() => api.request(add ? "PUT" : "DELETE",
    `/channels/${message.channel_id}/messages/${message.id}/reactions/${encodeURIComponent(emoji)}/@me`)),
};

const messages = new Messages(store, actions);

const composer = new Composer(store, {
  send: (content, files, replyTo) => api.request("POST", `/channels/${channel.id}/messages`, {
    content, nonce: nonce(), enforce_nonce: true,
    ...(replyTo ? { message_reference: { message_id: replyTo.id } } : {}),
  }, files),
  save: (message, content) => api.request("PATCH", `/channels/${message.channel_id}/messages/${message.id}`, { content }),
  typing: () => api.request("POST", `/channels/${channel.id}/typing`).catch(() => {}),
  editLast: () => {
    const last = messages.lastOwn();
    if (last) composer.edit(last);
  },
  writeAs,
});

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
  role("app").dataset.writer = member.name;
  composer.showWriters(state, member.id);
  const address = new URL(location.href);
  address.searchParams.set("as", member.id);
  history.replaceState(null, "", address);
  gateway.login(member.token);
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
    showMembers(store, converse);
    openChannel();
  },
  CHANNEL_CREATE: changeChannel,
  CHANNEL_UPDATE: changeChannel,
  PRESENCE_UPDATE: (data) => {
    store.presences.set(data.user.id, data);
    showMembers(store, converse);
    showAbsence();
  },
  MESSAGE_CREATE: (data) => {
    stopTyping(data.channel_id, data.author.id);
    if (data.channel_id === channel?.id) messages.arrived(data);
    else if (data.author.id !== store.me.id) {
      unread.add(data.channel_id);
      showChannels(store, channel?.id, unread);
    }
  },
  MESSAGE_UPDATE: (data) => data.channel_id === channel?.id && messages.changed(data),
  MESSAGE_DELETE: (data) => data.channel_id === channel?.id && messages.remove(data.id),
  MESSAGE_REACTION_ADD: (data) => messages.reacted(data, true),
  MESSAGE_REACTION_REMOVE: (data) => messages.reacted(data, false),
  TYPING_START: (data) => data.user_id !== store.me.id && startTyping(data.channel_id, data.user_id),
};

function onEvent(type, data) {
  HANDLERS[type]?.(data);
}

function changeChannel(data) {
  store.channels.set(data.id, data);
  if (data.id === channel?.id) {
    channel = data;
    composer.open(channel);
  }
  showChannels(store, channel?.id, unread);
}

function openChannel() {
  const wanted = store.channels.get(location.hash.slice(1));
  channel = wanted && wanted.type !== 4 ? wanted : store.ordered.find((each) => each.type === 0);
  unread.delete(channel.id);
  const title = store.title(channel);
  document.title = `${channel.type === 1 ? "@" : "#"}${title} · ${store.guild.name}`;
  role("channel-name").textContent = title;
  role("channel-name").dataset.sign = channel.type === 1 ? "@" : "#";
  role("topic").textContent = channel.topic ?? "";
  role("welcome").replaceChildren(...welcome(title, channel));
  showChannels(store, channel.id, unread);
  composer.open(channel);
  showTyping();
  closeDrawers();
  attempt(() => messages.open(channel, api));
}

function converse(user) {
  attempt(async () => {
    const opened = await api.request("POST", "/users/@me/channels", { recipient_id: user.id });
    store.channels.set(opened.id, opened);
    location.hash = opened.id;
  });
}

function startTyping(channelId, userId) {
  const key = `${channelId} ${userId}`;
  clearTimeout(typing.get(key));
  typing.set(key, setTimeout(() => stopTyping(channelId, userId), TYPING_MS));
  showTyping();
}

function stopTyping(channelId, userId) {
  const key = `${channelId} ${userId}`;
  clearTimeout(typing.get(key));
  typing.delete(key);
  showTyping();
}

function showTyping() {
  const names = [...typing.keys()].map((key) => key.split(" ")).filter(([place]) => place === channel?.id)
    .map(([, id]) => store.members.get(id)).filter(Boolean).map((member) => nameOf(member.user));
  const line = role("typing");
  line.classList.toggle("active", names.length > 0);
  line.textContent = names.length ? `${new Intl.ListFormat("en").format(names)} ${names.length > 1 ? "are" : "is"} typing…` : "";
  showAbsence();
}

function showAbsence() {
  const line = role("typing");
  if (line.classList.contains("active") || !store.bot) return;
  const { user } = store.bot;
  line.textContent = store.online(user.id) ? "" : `${nameOf(user)} is offline and will not answer.`;
}

function closeDrawers() {
  role("app").removeAttribute("data-drawer");
  role("menu").setAttribute("aria-expanded", "false");
  role("curtain").hidden = true;
}

function toggleDrawer(name) {
  const app = role("app");
  if (app.dataset.drawer === name) {
    closeDrawers();
    return;
  }
  app.dataset.drawer = name;
  role("menu").setAttribute("aria-expanded", String(name === "channels"));
  role("curtain").hidden = false;
}

const narrow = matchMedia("(max-width: 1000px)");

role("menu").addEventListener("click", () => toggleDrawer("channels"));
role("toggle-members").addEventListener("click", () => {
  if (narrow.matches) toggleDrawer("members");
  else role("toggle-members").setAttribute("aria-pressed", String(!role("app").toggleAttribute("data-no-members")));
});
role("curtain").addEventListener("click", closeDrawers);
addEventListener("keydown", (event) => event.key === "Escape" && closeDrawers());
addEventListener("hashchange", () => store.guild && openChannel());

start();
