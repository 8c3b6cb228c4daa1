// Menus: what can be done with a thing, by pointer or by arrow keys, with menus in menus.
//
// Hooks for tests: [role=menu] with [role=menuitem] by name.

import { el, icon } from "./dom.js";
import { float } from "./float.js";

const CHEVRON = "m9 5 7 7-7 7-1.5-1.5 5.500-5.5-5.500-5.500z";

/**
 * Open a menu of `items` {label, run, path?, danger?, disabled?}, null for a line between them. An item that opens a menu
 * has `items` instead of `run`: a list, or a function that resolves to one.
 */
export function openMenu(items, anchor, { label = "Actions", onClose = null, focus = true } = {}) {
  const menu = el("div", { class: "menu-list", role: "menu", "aria-label": label, tabindex: "-1" });
  menu.append(...items.map((item) => (item ? row(item, menu) : el("div", { class: "menu-line", role: "separator" }))));
  menu.addEventListener("keydown", (event) => key(event, menu));
  float(menu, anchor, { onClose });
  if (focus) buttons(menu)[0]?.focus();
}

function row(item, menu) {
  const button = el("button", {
    type: "button", role: "menuitem", class: item.danger ? "menu-item danger" : "menu-item", tabindex: "-1",
    "aria-haspopup": item.items ? "menu" : null, "aria-expanded": item.items ? "false" : null, disabled: item.disabled,
    onclick: () => {
      if (item.items) {
        openInner(item, button, true);
        return;
      }
      root(menu).hidePopover();
      item.run();
    },
    onpointerenter: ({ pointerType }) => {
      button.focus({ preventScroll: true });
      for (const inner of menu.querySelectorAll(":scope > [role=menu]")) inner.hidePopover();
      if (item.items && pointerType === "mouse") openInner(item, button, false);
    },
  }, el("span", {}, item.label), item.items ? icon(CHEVRON, 16) : item.path && icon(item.path, 18));
  return button;
}

async function openInner(item, button, focus) {
  const open = button.parentElement.querySelector(":scope > [role=menu]");
  if (button.ariaExpanded === "true") {
    if (focus && open) buttons(open)[0]?.focus();
    return;
  }
  button.ariaExpanded = "true";
  const items = typeof item.items === "function" ? await item.items() : item.items;
  if (!button.isConnected) return;
  openMenu(items, button, { label: item.label, focus, onClose: () => { button.ariaExpanded = "false"; } });
}

function root(menu) {
  return menu.parentElement.closest("[role=menu]") ? root(menu.parentElement.closest("[role=menu]")) : menu;
}

function buttons(menu) {
  return [...menu.children].filter((each) => each.matches("[role=menuitem]:not(:disabled)"));
}

function goBack(menu) {
  const owner = menu.parentElement.querySelector(":scope > [aria-expanded=true]");
  menu.hidePopover();
  owner.focus();
}

function key(event, menu) {
  const all = buttons(menu);
  const place = all.indexOf(document.activeElement);
  const go = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: -1 }[event.key];
  if (go !== undefined) all.at(go % all.length)?.focus();
  else if (event.key === "ArrowRight" && all[place]?.ariaHasPopup) all[place].click();
  else if ((event.key === "ArrowLeft" || event.key === "Escape") && root(menu) !== menu) goBack(menu);
  else if (event.key === "Tab") root(menu).hidePopover();
  else return;
  event.stopPropagation();
  event.preventDefault();
}
