// A list to choose from with the pointer, or with the arrow keys while the focus stays in the field that it belongs to.
//
// Hooks for tests: [role=listbox] with [role=option][aria-selected]; the one that Enter takes has [data-current].

import { el } from "./dom.js";

let lists = 0;

export class Listbox {
  /** `onPick(item)` hears the choice; the `field` is told which option is current. */
  constructor(label, onPick) {
    this.onPick = onPick;
    this.id = `list-${lists++}`;
    this.items = [];
    this.current = -1;
    this.field = null;
    this.element = el("ul", { class: "listbox", role: "listbox", id: this.id, "aria-label": label });
  }

  /** Let `field` be the one whose list this is. */
  attach(field) {
    this.field?.removeAttribute("aria-activedescendant");
    this.field = field;
    field.setAttribute("aria-controls", this.id);
    field.setAttribute("aria-autocomplete", "list");
  }

  /**
   * Show items `{label, detail?, aside?, before?, selected?, heading?}`; `current` is the place of the one that Enter
   * takes, -1 for none until an arrow key is pressed.
   */
  show(items, current = 0) {
    this.items = items;
    let heading = null;
    this.element.replaceChildren(...items.flatMap((item, place) => {
      const title = item.heading && item.heading !== heading ? [el("li", { class: "listbox-heading", role: "presentation" }, item.heading)] : [];
      heading = item.heading;
      return [...title, this.row(item, place)];
    }));
    this.moveTo(items.length ? Math.min(current, items.length - 1) : -1);
  }

  row(item, place) {
    return el("li", {
      class: "listbox-option", role: "option", id: `${this.id}-${place}`, "aria-selected": String(Boolean(item.selected)),
      "data-place": place,
      onpointermove: () => this.current !== place && this.moveTo(place, false),
      onpointerdown: (event) => event.preventDefault(),
      onclick: () => this.onPick(item),
    },
      item.before,
      el("span", { class: "listbox-text" },
        el("span", { class: "listbox-label" }, item.label),
        item.detail && el("span", { class: "listbox-detail" }, item.detail)),
      item.aside && el("span", { class: "listbox-aside" }, item.aside));
  }

  options() {
    return [...this.element.querySelectorAll("[role=option]")];
  }

  moveTo(place, scroll = true) {
    this.current = place;
    this.options().forEach((option, index) => option.toggleAttribute("data-current", index === place));
    const option = this.options()[place];
    if (option && scroll) option.scrollIntoView({ block: "nearest" });
    if (!this.field) return;
    if (option) this.field.setAttribute("aria-activedescendant", option.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  /** Handle a key; returns whether it was one for the list. */
  key(event) {
    const { length } = this.items;
    if (!length || event.isComposing) return false;
    if (event.key === "ArrowDown") this.moveTo((this.current + 1) % length);
    else if (event.key === "ArrowUp") this.moveTo((this.current <= 0 ? length : this.current) - 1);
    else if ((event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) && this.current >= 0) this.onPick(this.items[this.current]);
    else return false;
    event.preventDefault();
    return true;
  }
}
