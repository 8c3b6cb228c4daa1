// Select menus, under messages and in dialogs.
//
// Hooks for tests: [role=combobox] by its placeholder; open, a [role=listbox] with [role=option]. One value is taken at
// once, several when the list is closed.

import { dots, el, icon } from "./dom.js";
import { emojiName } from "./emoji.js";
import { float } from "./float.js";
import { Listbox } from "./listbox.js";
import { channels, roles, users } from "./option_field.js";

const [STRING, USER, ROLE, MENTIONABLE] = [3, 5, 6, 7];
const ARROW = "m12 16-7-7 1.400-1.400 5.600 5.600 5.600-5.600L19 9z";

/** Return a select menu; `onChoose(values)` hears what was chosen. */
export function selectMenu(data, store, { disabled = false, loading = false, onChoose }) {
  const items = itemsOf(data, store);
  let chosen = preset(data);
  const text = el("span", { class: "select-text" });
  const button = el("button", {
    type: "button", class: "select", role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false", disabled,
    "data-custom-id": data.custom_id, "data-focus": data.custom_id, "data-loading": loading,
    "aria-label": data.placeholder ?? "Make a selection",
    onclick: () => open(),
    onkeydown: (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      open();
    },
  }, text, loading ? dots() : icon(ARROW, 20));
  const show = () => {
    const labels = items.filter((item) => chosen.includes(item.value)).map((item) => item.label);
    text.textContent = labels.join(", ") || (data.placeholder ?? "Make a selection");
    text.classList.toggle("placeholder", !labels.length);
  };
  const open = () => {
    if (button.getAttribute("aria-expanded") === "true") return;
    button.setAttribute("aria-expanded", "true");
    openList(data, items, chosen, button, (values) => {
      const same = values.length === chosen.length && values.every((each) => chosen.includes(each));
      chosen = values;
      show();
      if (!same || data.type !== STRING) onChoose(values);
    });
  };
  show();
  return button;
}

function openList(data, items, chosen, button, done) {
  const least = data.min_values ?? 1;
  const most = data.max_values ?? 1;
  const picked = new Set(chosen);
  const search = el("input", { class: "select-search", role: "combobox", "aria-expanded": "true", placeholder: "Search", autocomplete: "off",
    "aria-label": `Search: ${data.placeholder ?? "Make a selection"}` });
  let finished = false;
  const list = new Listbox(data.placeholder ?? "Make a selection", (item) => {
    if (most === 1) {
      finished = true;
      const again = least === 0 && picked.has(item.value);
      box.hidePopover();
      done(again ? [] : [item.value]);
      return;
    }
    if (picked.has(item.value)) picked.delete(item.value);
    else if (picked.size < most) picked.add(item.value);
    show(list.current);
  });
  if (most > 1) list.element.setAttribute("aria-multiselectable", "true");
  const show = (current = 0) => {
    const typed = search.value.trim().toLowerCase();
    list.show(items.filter(({ label }) => label.toLowerCase().includes(typed)).map((item) => ({
      ...item, selected: picked.has(item.value),
      aside: most > 1 ? el("span", { class: "check", "aria-hidden": "true" }) : item.aside })), current);
  };
  search.addEventListener("input", () => show());
  search.addEventListener("keydown", (event) => event.key === "Tab" ? box.hidePopover() : list.key(event));
  list.attach(search);
  const box = el("div", { class: "select-box" }, search, list.element);
  show(Math.max(0, items.findIndex((item) => picked.has(item.value))));
  float(box, button, { wide: true, onClose: () => {
    button.setAttribute("aria-expanded", "false");
    if (!finished && most > 1 && picked.size >= least) done([...picked]);
  } });
  search.focus();
}

function itemsOf(data, store) {
  if (data.type === STRING) {
    return data.options.map(({ label, value, description, emoji }) => ({ label, value, detail: description,
      before: emoji && el("span", { class: "option-emoji", "aria-hidden": "true" }, emojiName(emoji)) }));
  }
  if (data.type === USER) return users(store);
  if (data.type === ROLE) return roles(store);
  if (data.type === MENTIONABLE) return [...users(store), ...roles(store)];
  return channels(store, data.channel_types);
}

/** Return the values that are chosen from the beginning. */
export function preset(data) {
  if (data.type === STRING) return data.options.filter((option) => option.default).map((option) => option.value);
  return (data.default_values ?? []).map((each) => each.id);
}
