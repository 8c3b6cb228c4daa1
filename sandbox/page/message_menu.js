// What can be done with a message: the small bar at its corner, and the menu of a right click, a long press or "…".
//
// Hooks for tests: in the message buttons "Add reaction", "Reply", "Edit", "Delete", "More"; the menu has [role=menuitem]
// "Reply", "Apps", "Add Reaction", "Edit Message", "Create Thread", "Copy Text", "Copy Message ID", "Delete Message".

import { el, icon } from "./dom.js";
import { openPicker, QUICK } from "./emoji.js";
import { afterPress } from "./float.js";
import { openMenu } from "./menu.js";
import { isThread, nameOf, PERMISSIONS } from "./store.js";

const REPLY = "M10 8V4l-8 8 8 8v-4.500c5 0 9 1.5 12 5-1-6-4.5-11.5-12-12.500Z";
const EDIT = "M16.8 2.900a2.3 2.3 0 0 1 3.3 0l1 1a2.3 2.3 0 0 1 0 3.300L19.4 9 15 4.600zM13.6 6 3 16.600V21h4.400L18 10.400z";
const DELETE = "M9 3h6l1 2h4v2H4V5h4zM6 9h12l-1 12H7z";
const SMILE = "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20ZM8.5 8a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3Zm7 0a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3ZM12 18c-2.5 0-4.4-1.4-5.2-3.500h10.400C16.4 16.6 14.5 18 12 18Z";
const MORE = "M5 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4Zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4Zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z";
const COPY = "M8 3h11v13h-2V5H8zM5 7h10v14H5z";
const THREAD = "M4 4h16v11h-8l-5 4v-4H4z";
const LONG_PRESS_MS = 500;
const SLIP_PX = 10;
const CLICK_MS = 300;
const EPHEMERAL = 1 << 6;

function rights(message, store, channel) {
  const own = message.author.id === store.me.id;
  const visible = !((message.flags ?? 0) & EPHEMERAL);
  return {
    react: visible && store.may(PERMISSIONS.addReactions, channel),
    reply: visible && store.mayWrite(channel),
    edit: own,
    remove: visible && (own || store.may(PERMISSIONS.manageMessages, channel)),
    thread: visible && channel.type !== 1 && !isThread(channel) && !message.thread && store.may(PERMISSIONS.createThreads, channel),
  };
}

/** Return the bar of a message. */
export function tools(message, store, channel, actions) {
  const may = rights(message, store, channel);
  const button = (label, path, run, className = "") =>
    el("button", { type: "button", class: className, title: label, "aria-label": label, "data-focus": `tool-${label}`, onclick: run }, icon(path, 18));
  const react = ({ currentTarget }) => openPicker(currentTarget, (emoji) => actions.react(message, emoji, true));
  return el("div", { class: "tools", role: "group", "aria-label": "Message actions" },
    may.react && button("Add reaction", SMILE, react),
    may.reply && button("Reply", REPLY, () => actions.reply(message)),
    may.edit && button("Edit", EDIT, () => actions.edit(message)),
    may.remove && button("Delete", DELETE, () => actions.remove(message), "danger"),
    button("More", MORE, ({ currentTarget }) => openMessageMenu(message, currentTarget, store, channel, actions)));
}

/** Open the menu of a message at `anchor`, an element or a point. */
export function openMessageMenu(message, anchor, store, channel, actions) {
  const may = rights(message, store, channel);
  const element = document.getElementById(`message-${message.id}`);
  const react = (emoji) => actions.react(message, emoji, true);
  const items = [
    may.react && { label: "Add Reaction", path: SMILE, items: [
      ...QUICK.map((emoji) => ({ label: emoji, run: () => react(emoji) })), null,
      { label: "View More", run: () => openPicker(element ?? anchor, react) }] },
    may.edit && { label: "Edit Message", path: EDIT, run: () => actions.edit(message) },
    may.reply && { label: "Reply", path: REPLY, run: () => actions.reply(message) },
    may.thread && { label: "Create Thread", path: THREAD, run: () => actions.createThread(message) },
    apps(() => actions.messageCommands(channel), (command) => actions.command(command, message)),
    message.content && { label: "Copy Text", path: COPY, run: () => navigator.clipboard.writeText(message.content) },
    { label: "Copy Message ID", path: COPY, run: () => navigator.clipboard.writeText(message.id) },
    ...(may.remove ? [null, { label: "Delete Message", path: DELETE, danger: true, run: () => actions.remove(message) }] : []),
  ].filter((item) => item !== false && item !== "");
  element?.classList.add("chosen");
  openMenu(items, anchor, { label: `Message of ${nameOf(message.author)}`, onClose: () =>
    document.getElementById(`message-${message.id}`)?.classList.remove("chosen") });
}

/** Return the item "Apps": `commands()` resolves to the application's, `run(command)` calls one. */
export function apps(commands, run) {
  return { label: "Apps", items: async () => {
    const found = await commands();
    return found.length ? found.map((command) => ({ label: command.name, run: () => run(command) }))
      : [{ label: "No apps here", disabled: true }];
  } };
}

/** Open the menu of a message of `list` on a right click, a long press or the menu key; `find(id)` returns a message. */
export function listenForMenus(list, find, open) {
  const at = (event) => {
    const element = event.target.closest("[data-message-id]");
    return element && !event.target.closest("a, input, textarea, video") ? find(element.dataset.messageId) : null;
  };
  list.addEventListener("contextmenu", (event) => {
    const message = at(event);
    if (!message || message.local) return;
    event.preventDefault();
    const byKey = event.clientX === 0 && event.clientY === 0;
    const anchor = byKey ? event.target.closest("[data-message-id]") : { x: event.clientX, y: event.clientY };
    afterPress(event, () => open(message, anchor));
  });
  let pressed = null;
  list.addEventListener("pointerdown", (event) => {
    const message = event.pointerType === "touch" && at(event);
    pressed = message && !message.local ? { message, x: event.clientX, y: event.clientY, since: event.timeStamp } : null;
  });
  list.addEventListener("pointermove", ({ clientX: x, clientY: y }) => {
    if (pressed && Math.hypot(x - pressed.x, y - pressed.y) > SLIP_PX) pressed = null;
  });
  list.addEventListener("pointercancel", () => { pressed = null; });
  list.addEventListener("pointerup", ({ timeStamp }) => {
    const press = pressed;
    pressed = null;
    if (press && timeStamp - press.since >= LONG_PRESS_MS) afterClick(() => open(press.message, press));
  });
}

/** Run `then` once the press has ended for good: its click, which may or may not come, does nothing. */
function afterClick(then) {
  const end = (event) => {
    clearTimeout(timer);
    removeEventListener("click", end, true);
    event?.preventDefault();
    event?.stopPropagation();
    setTimeout(then);
  };
  const timer = setTimeout(end, CLICK_MS);
  addEventListener("click", end, true);
}
