// The columns beside the chat: channels with their threads, and members.
//
// Hooks for tests: [data-channel=<name>] (threads too), [data-member=<name>] with a menu on right click.

import { avatar } from "./avatar.js";
import { el, icon, role } from "./dom.js";
import { afterPress } from "./float.js";
import { openMenu } from "./menu.js";
import { apps } from "./message_menu.js";
import { isThread, nameOf } from "./store.js";

const HASH = "M10.1 3h2l-.7 4.500h4L16.1 3h2l-.7 4.500H21v2h-4l-.8 5H20v2h-4.200l-.8 4.500h-2l.8-4.500h-4L9.1 21h-2l.7-4.500H4v-2h4.200l.8-5H5v-2h4.400zm1 6.5-.8 5h4l.8-5z";
const SPEAKER = "M12 3v18l-6-5H2V8h4zm3 4.500a6 6 0 0 1 0 9v-2.600a4 4 0 0 0 0-3.800zm0-4.500a10 10 0 0 1 0 18v-2.300a8 8 0 0 0 0-13.400z";
const MEGAPHONE = "M20 3v16l-9-3.500V18a2.500 2.500 0 0 1-5 0v-3H5a3 3 0 0 1-3-3v-2a3 3 0 0 1 3-3h6zM8 15v3a.7.7 0 0 0 1 0v-3z";
const FORUM = "M3 3h14v10H9l-4 3v-3H3zm16 4h2v10h-2v3l-4-3H9v-2h10z";
const THREAD = "M6 3h2v10a3 3 0 0 0 3 3h5v-3l5 4-5 4v-3h-5a5 5 0 0 1-5-5z";
const RESTRICTED = "M12 2 1 21h22zm-1 7h2v6h-2zm0 7.500h2v2h-2z";
const CATEGORY = 4;
const SIGNS = { 2: SPEAKER, 5: MEGAPHONE, 10: THREAD, 11: THREAD, 12: THREAD, 13: SPEAKER, 15: FORUM };

/** Return the sign of a channel's kind: in a conversation the other side's face. */
export function signOf(channel, store, size = 20) {
  if (channel.type === 1) return avatar(channel.recipients[0], 24);
  return icon(channel.nsfw ? RESTRICTED : SIGNS[channel.type] ?? HASH, size);
}

/** Show the channels, each with its open threads; `activeId` is the one that is open. */
export function showChannels(store, activeId, unread) {
  role("guild-name").textContent = store.guild.name;
  const server = role("server-icon");
  if (!server.firstChild) server.append(el("img", { src: "/page/icon.svg", alt: "", width: 48, height: 48 }));
  server.title = store.guild.name;
  const link = (channel) => el("a", {
    href: `#${channel.id}`,
    class: `channel${unread.has(channel.id) ? " unread" : ""}${isThread(channel) ? " thread" : ""}`,
    "data-channel": store.title(channel),
    "aria-current": channel.id === activeId ? "page" : null,
  }, signOf(channel, store, isThread(channel) ? 16 : 20), el("span", {}, store.title(channel)));
  role("channels").replaceChildren(
    ...store.ordered.flatMap((channel) => channel.type === CATEGORY
      ? [el("h2", { class: "category" }, channel.name)]
      : [link(channel), ...store.threadsOf(channel.id).map(link)]),
    ...(store.conversations.length ? [el("h2", { class: "category" }, "Direct messages")] : []),
    ...store.conversations.map(link));
}

/** Show who one is. */
export function showSelf(user, roleName) {
  role("self").replaceChildren(
    el("span", { class: "with-dot online" }, avatar(user, 32)),
    el("div", {}, el("strong", {}, nameOf(user)), el("span", {}, roleName)));
}

/** Show the members by rank; a click opens a conversation, a right click a menu. */
export function showMembers(store, actions) {
  const members = [...store.members.values()];
  const groups = new Map();
  for (const member of members) {
    const title = store.online(member.user.id)
      ? store.rolesOf(member.user.id).find((each) => each.hoist)?.name ?? "Online" : "Offline";
    groups.set(title, [...(groups.get(title) ?? []), member]);
  }
  const rank = (title) => (title === "Offline" ? 1e6 : title === "Online" ? 1e5
    : -[...store.roles.values()].find((each) => each.name === title).position);
  role("members").replaceChildren(...[...groups].sort(([a], [b]) => rank(a) - rank(b)).map(([title, all]) =>
    el("section", {}, el("h2", { class: "category" }, `${title} — ${all.length}`),
      el("ul", {}, all.sort((a, b) => nameOf(a.user).localeCompare(nameOf(b.user))).map(({ user }) => row(store, user, actions))))));
}

function row(store, user, actions) {
  const online = store.online(user.id);
  const activity = store.presences.get(user.id)?.activities?.[0];
  const doing = activity && (activity.type === 4 ? activity.state : `${VERBS[activity.type] ?? ""} ${activity.name}`.trim());
  const self = user.id === store.me.id;
  const menu = (event) => {
    event.preventDefault();
    const anchor = event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : event.currentTarget;
    afterPress(event, () => openMenu([
      ...(self ? [] : [{ label: "Message", run: () => actions.converse(user) }]),
      apps(actions.userCommands, (command) => actions.command(command, user)),
      { label: "Copy User ID", run: () => navigator.clipboard.writeText(user.id) },
    ], anchor, { label: nameOf(user) }));
  };
  return el("li", { "data-member": nameOf(user), "data-online": online, oncontextmenu: menu },
    el(self ? "div" : "button", { class: "member", type: self ? null : "button", title: self ? null : `Message ${nameOf(user)}`,
      onclick: self ? null : () => actions.converse(user) },
      el("span", { class: online ? "with-dot online" : "with-dot" }, avatar(user, 32)),
      el("span", { class: "member-about" },
        el("span", { class: "member-name", style: { color: store.color(user.id) ?? "" } }, nameOf(user),
          user.bot && el("span", { class: "tag" }, "APP")),
        el("span", { class: "visually-hidden" }, online ? "online" : "offline"),
        doing && el("span", { class: "doing" }, doing))));
}

const VERBS = { 0: "Playing", 1: "Streaming", 2: "Listening to", 3: "Watching", 5: "Competing in" };
