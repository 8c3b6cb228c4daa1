// A command with its options, in place of the text: required ones first, others when one asks for them.
//
// Hooks for tests: [data-role=command] [data-option=<name>] with its input (aria-label is the option's name),
// button "+<n> more"; what is said of the option at hand is in [data-role=popup]: its description, its
// choices as [role=option], and [data-role=option-problem].

import { el } from "./dom.js";
import { Listbox } from "./listbox.js";
import { OptionField } from "./option_field.js";

const PAUSE_MS = 350;
const ATTACHMENT = 11;

export class CommandForm {
  /** `suggest(values)` resolves to choices for the focused option, `run(values, files)` calls the command. */
  constructor(entry, { store, channel, popup, suggest, run, cancel }) {
    this.entry = entry;
    this.place = { store, channel };
    this.popup = popup;
    this.does = { suggest, run, cancel };
    this.list = new Listbox("Choices", (item) => this.pick(item));
    this.fields = entry.options.filter((option) => option.required).map((option) => this.field(option));
    this.more = el("button", { type: "button", class: "option-more", "aria-label": "More options", onfocus: () => this.showRest(),
      onclick: () => this.showRest(), onkeydown: (event) => this.key(event) });
    this.end = el("input", { class: "option-end", "aria-label": "Press Enter to send the command", inputmode: "none",
      autocomplete: "off", oninput: () => { this.end.value = ""; }, onkeydown: (event) => this.key(event),
      onfocus: () => this.showEnd() });
    this.element = el("div", { class: "command", role: "group", "aria-label": `/${entry.name}` });
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.element.contains(relatedTarget) && !this.popup.contains(relatedTarget)) this.popup.hidden = true;
    });
    this.layOut();
  }

  get rest() {
    const used = new Set(this.fields.map((field) => field.option.name));
    return this.entry.options.filter((option) => !used.has(option.name));
  }

  field(option) {
    return new OptionField(option, {
      ...this.place,
      onFocus: (field) => this.turnTo(field),
      onInput: (field) => this.changed(field),
      onKey: (event) => this.key(event),
    });
  }

  layOut() {
    const { rest } = this;
    this.more.hidden = !rest.length;
    this.more.textContent = `+${rest.length} more`;
    this.end.hidden = rest.length > 0 || this.fields.length > 0;
    this.element.replaceChildren(el("span", { class: "command-name" }, `/${this.entry.name}`),
      ...this.fields.map((field) => field.element), this.end, this.more);
  }

  /** Put the focus where typing begins. */
  start() {
    (this.fields[0]?.input ?? (this.end.hidden ? this.more : this.end)).focus();
  }

  turnTo(field) {
    if (this.active !== field) this.suggested = null;
    this.active = field;
    this.show();
    if (field.option.autocomplete) this.askSoon(field, 0);
  }

  changed(field) {
    field.judged = false;
    field.mark(null);
    this.show();
    if (field.option.autocomplete) this.askSoon(field, PAUSE_MS);
  }

  /** Show what there is to say of the option at hand. */
  show() {
    const field = this.active;
    const { option } = field;
    const items = option.autocomplete ? this.suggested ?? [] : field.candidates();
    const problem = field.judged ? field.problem() : field.complaint();
    field.mark(problem);
    if (field.combobox) this.list.attach(field.input);
    this.list.show(items, option.autocomplete || (field.picked && !option.required) ? -1 : 0);
    const note = option.autocomplete && this.note;
    this.popup.replaceChildren(
      el("div", { class: "popup-head" },
        el("strong", {}, option.name), el("span", {}, option.description),
        problem && el("p", { class: "popup-problem", "data-role": "option-problem", role: "alert" }, problem)),
      ...(note ? [el("p", { class: "popup-note", role: "status" }, note)] : []),
      ...(items.length ? [this.list.element] : []),
      ...(!items.length && !note && field.combobox && !option.autocomplete
        ? [el("p", { class: "popup-note" }, "No options match your search.")] : []));
    this.popup.hidden = false;
    if (field.combobox) field.input.setAttribute("aria-expanded", String(items.length > 0));
  }

  showRest() {
    this.active = null;
    this.list.attach(this.more);
    this.list.show(this.rest.map((option) => ({ option, label: el("b", {}, option.name), detail: option.description, heading: "Optional" })), -1);
    this.popup.replaceChildren(this.list.element);
    this.popup.hidden = false;
  }

  showEnd() {
    this.active = null;
    this.list.show([]);
    this.popup.replaceChildren(el("div", { class: "popup-head" }, el("strong", {}, `/${this.entry.name}`), el("span", {}, this.entry.description)));
    this.popup.hidden = false;
  }

  pick(item) {
    if (item.option) {
      const field = this.field(item.option);
      this.fields.push(field);
      this.layOut();
      field.input.focus();
      return;
    }
    clearTimeout(this.timer);
    this.note = null;
    this.active.choose(item);
    this.next();
  }

  next() {
    const following = this.fields[this.fields.indexOf(this.active) + 1];
    if (following) following.input.focus();
    else this.show();
    if (!following) this.list.show([]);
    if (!following && this.popup.contains(this.list.element)) this.list.element.remove();
  }

  askSoon(field, pause) {
    clearTimeout(this.timer);
    this.suggested = null;
    this.note = "Loading options…";
    this.show();
    this.timer = setTimeout(() => this.ask(field), pause);
  }

  async ask(field) {
    const text = field.input.value;
    const values = this.fields.filter((each) => each === field || each.value() !== undefined).map((each) => each === field
      ? { type: each.option.type, name: each.option.name, value: text, focused: true } : each.asOption([]));
    let choices = [];
    this.note = null;
    try {
      choices = (await this.does.suggest(values)).map(({ name, value }) => ({ label: name, value }));
      if (!choices.length) this.note = "No options match your search.";
    } catch {
      this.note = "Loading options failed.";
    }
    if (this.active !== field || field.input.value !== text) return;
    this.suggested = choices;
    this.show();
  }

  key(event) {
    const { active } = this;
    const empty = event.target.value === "" || event.target.value === undefined;
    if (!this.popup.hidden && this.popup.contains(this.list.element) && this.list.key(event)) return;
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.does.cancel();
    } else if (event.key === "Backspace" && empty && !active?.file) {
      event.preventDefault();
      this.dropOption(active);
    }
  }

  /** Take an option away, or the whole command where only what is required is left. */
  dropOption(field) {
    const last = field ?? this.fields.at(-1);
    if (!last || (field && field.option.required)) {
      this.does.cancel(`/${this.entry.name}`);
      return;
    }
    if (field) {
      this.fields = this.fields.filter((each) => each !== field);
      this.layOut();
    }
    (this.fields.at(-1)?.input ?? (this.end.hidden ? this.more : this.end)).focus();
  }

  /** Put a file that was dropped or pasted to the first option that wants one. */
  takeFile(file) {
    const wanting = this.fields.find((field) => field.option.type === ATTACHMENT && !field.file);
    const option = !wanting && this.rest.find((each) => each.type === ATTACHMENT);
    if (option) this.pick({ option });
    const field = wanting ?? (option && this.fields.at(-1));
    if (!field) return;
    field.take(file);
    field.input.focus();
  }

  submit() {
    const wrong = this.fields.filter((field) => {
      field.judged = true;
      const problem = field.problem();
      field.mark(problem);
      return problem !== null;
    });
    if (wrong.length) {
      wrong[0].input.focus();
      this.turnTo(wrong[0]);
      return;
    }
    clearTimeout(this.timer);
    const files = [];
    const values = this.fields.filter((field) => field.value() !== undefined).map((field) => field.asOption(files));
    this.does.run(values, files);
  }
}
