// Buttons and select menus under a message.
//
// Hooks for tests: [data-role=components]; buttons by role and name, or [data-custom-id]; one that waits has [data-loading];
// what failed is in [data-role=component-error]. A select is a [role=combobox], its list as in select.js.

import { dots, el, icon } from "./dom.js";
import { emojiName } from "./emoji.js";
import { placeOf } from "./markdown.js";
import { selectMenu } from "./select.js";

const [ROW, BUTTON, STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT] = [1, 2, 3, 5, 6, 7, 8];
const SELECTS = [STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT];
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };
const LINK = 5;
const OUT = "M14 3h7v7h-2V6.400l-8.300 8.300-1.400-1.400L17.600 5H14zM5 5h5v2H6v11h11v-4h2v6H4V5z";

/** Return the rows of a message; `press` is how its components stand: `{pending, failed}`, or null. */
export function components(message, press, store, actions) {
  const rows = (message.components ?? []).filter((each) => each.type === ROW);
  if (!rows.length) return null;
  return el("div", { class: "components", "data-role": "components" },
    rows.map((row) => el("div", { class: "component-row", role: "group" }, row.components.map((each) =>
      each.type === BUTTON ? button(each, message, press, actions)
        : SELECTS.includes(each.type) && selectMenu(each, store, {
          disabled: each.disabled || Boolean(press?.pending), loading: press?.pending === each.custom_id,
          onChoose: (values) => actions.press(message, each, values) })))),
    press?.failed && el("p", { class: "component-error", "data-role": "component-error", role: "alert" }, press.failed));
}

function button(data, message, press, actions) {
  const style = STYLES[data.style] ?? "secondary";
  const content = [data.emoji && el("span", { class: "button-emoji", "aria-hidden": data.label ? "true" : null }, emojiName(data.emoji)),
    data.label && el("span", { class: "button-label" }, data.label)];
  if (data.style === LINK) return link(data, content, actions);
  const loading = press?.pending === data.custom_id;
  return el("button", {
    type: "button", class: `button ${style}`, "data-custom-id": data.custom_id, "data-focus": data.custom_id,
    "data-loading": loading, "aria-busy": loading ? "true" : null,
    disabled: data.disabled, "aria-disabled": press?.pending ? "true" : null,
    onclick: () => press?.pending || actions.press(message, data),
  }, el("span", { class: "button-content" }, content), loading && dots());
}

function link(data, content, actions) {
  const place = placeOf(data.url);
  const safe = /^https?:\/\//i.test(data.url);
  return el("a", {
    class: "button link", title: data.url, rel: "noopener noreferrer", target: place ? null : "_blank", role: "link",
    href: data.disabled ? null : place ? `#${place.channelId}` : safe && data.url, "aria-disabled": data.disabled ? "true" : null,
    onclick: (event) => {
      if (!place || data.disabled) return;
      event.preventDefault();
      actions.visit(place.channelId, place.messageId);
    },
  }, el("span", { class: "button-content" }, content, icon(OUT, 16)));
}
