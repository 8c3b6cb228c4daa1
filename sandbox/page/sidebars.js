// The columns beside the chat: server, channels, oneself, and the members with who is there.
//
// Hooks for tests: [data-role=channels] a[data-channel=<name>], [data-role=members] [data-member=<name>][data-online].

import { avatar } from "./avatar.js";
import { el, icon, role } from "./dom.js";
import { nameOf } from "./store.js";

const HASH = "M10.1 3h2l-.7 4.500h4L16.1 3h2l-.7 4.500H21v2h-4l-.8 5H20v2h-4.200l-.8 4.500h-2l.8-4.500h-4L9.1 21h-2l.7-4.500H4v-2h4.200l.8-5H5v-2h4.400zm1 6.5-.8 5h4l.8-5z";

/** Show the channels; `activeId` is the one that is open. */
export function showChannels(store, activeId, unread) {
  role("guild-name").textContent = store.guild.name;
  const server = role("server-icon");
  if (!server.firstChild) server.append(el("img", { src: "/page/icon.svg", alt: "", width: 48, height: 48 }));
  server.title = store.guild.name;
  const link = (channel, sign) => el("a", {
    href: `#${channel.id}`,
    class: unread.has(channel.id) ? "channel unread" : "channel",
    "data-channel": store.title(channel),
    "aria-current": channel.id === activeId ? "page" : null,
  }, sign, el("span", {}, store.title(channel)));
  role("channels").replaceChildren(
    ...store.ordered.map((channel) => channel.type === 4
      ? el("h2", { class: "category" }, channel.name)
      : link(channel, icon(HASH, 20))),
    ...(store.conversations.length ? [el("h2", { class: "category" }, "Direct messages")] : []),
    ...store.conversations.map((channel) => link(channel, avatar(channel.recipients[0], 24))));
}

/** Show who one is. */
export function showSelf(user, roleName) {
  role("self").replaceChildren(
    el("span", { class: "with-dot online" }, avatar(user, 32)),
    el("div", {}, el("strong", {}, nameOf(user)), el("span", {}, roleName)));
}

/** Show the members by rank; `message(user)` opens a conversation. */
export function showMembers(store, message) {
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
      el("ul", {}, all.sort((a, b) => nameOf(a.user).localeCompare(nameOf(b.user))).map(({ user }) => row(store, user, message))))));
}

function row(store, user, message) {
  const online = store.online(user.id);
  const activity = store.presences.get(user.id)?.activities?.[0];
  const doing = activity && (activity.type === 4 ? activity.state : `${VERBS[activity.type] ?? ""} ${activity.name}`.trim());
  const self = user.id === store.me.id;
  return el("li", { "data-member": nameOf(user), "data-online": online },
    el(self ? "div" : "button", { class: "member", type: self ? null : "button", title: self ? null : `Message ${nameOf(user)}`,
      onclick: self ? null : () => message(user) },
      el("span", { class: online ? "with-dot online" : "with-dot" }, avatar(user, 32)),
      el("span", { class: "member-about" },
        el("span", { class: "member-name", style: { color: store.color(user.id) ?? "" } }, nameOf(user),
          user.bot && el("span", { class: "tag" }, "APP")),
        el("span", { class: "visually-hidden" }, online ? "online" : "offline"),
        doing && el("span", { class: "doing" }, doing))));
}

const VERBS = { 0: "Playing", 1: "Streaming", 2: "Listening to", 3: "Watching", 5: "Competing in" };
