// One option of a command: a field of its type, what can be chosen for it, and what is wrong with what was typed.

import { avatar } from "./avatar.js";
import { el } from "./dom.js";
import { isThread, nameOf } from "./store.js";

const [STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT] = [3, 4, 5, 6, 7, 8, 9, 10, 11];
const LISTED = [BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE];
const MAX_LENGTH = 6000;
const SHOWN = 25;

export class OptionField {
  constructor(option, { store, channel, onFocus, onInput, onKey }) {
    this.option = option;
    this.store = store;
    this.channel = channel;
    this.picked = null;
    this.file = null;
    this.judged = false;
    this.combobox = Boolean(option.choices?.length || option.autocomplete || LISTED.includes(option.type));
    this.closed = this.combobox && !option.autocomplete;
    this.input = option.type === ATTACHMENT ? this.fileButton(onInput) : this.textInput(onInput);
    this.input.addEventListener("focus", () => onFocus(this));
    this.input.addEventListener("click", () => onFocus(this));
    this.input.addEventListener("keydown", onKey);
    this.element = el("div", { class: "option", "data-option": option.name },
      el("span", { class: "option-name", "aria-hidden": "true", onclick: () => this.input.focus() }, option.name),
      this.input, this.chooser);
  }

  textInput(onInput) {
    const { option } = this;
    const input = el(option.type === STRING && !this.closed ? "textarea" : "input", {
      class: "option-input", "aria-label": option.name, "aria-required": String(Boolean(option.required)), autocomplete: "off",
      spellcheck: "false", rows: option.type === STRING && !this.closed ? 1 : null, "data-type": option.type,
      role: this.combobox ? "combobox" : null, "aria-expanded": this.combobox ? "false" : null,
      inputmode: option.type === INTEGER ? "numeric" : option.type === NUMBER ? "decimal" : null,
    });
    input.addEventListener("input", () => {
      if (input.value.includes("\n")) input.value = input.value.replace(/\s*\n\s*/g, " ");
      this.picked = null;
      onInput(this);
    });
    return input;
  }

  fileButton(onInput) {
    this.chooser = el("input", { type: "file", hidden: true, "data-type": ATTACHMENT, "aria-label": `File for ${this.option.name}` });
    const button = el("button", { type: "button", class: "option-file", "aria-label": this.option.name, onclick: () => this.chooser.click() }, "Choose a file");
    this.chooser.addEventListener("change", () => {
      [this.file = null] = this.chooser.files;
      button.textContent = this.file?.name ?? "Choose a file";
      onInput(this);
      button.focus();
    });
    return button;
  }

  /** Give the file, as if it had been chosen. */
  take(file) {
    this.file = file;
    this.input.textContent = file.name;
  }

  choose(item) {
    this.picked = item;
    this.input.value = item.label;
  }

  /** What can be chosen and matches what is typed. */
  candidates() {
    if (!this.closed) return [];
    const typed = this.picked ? "" : this.input.value.trim().toLowerCase().replace(/^[@#]/, "");
    return this.everything().filter(({ label }) => label.toLowerCase().replace(/^[@#]/, "").includes(typed)).slice(0, SHOWN)
      .map((item) => ({ ...item, selected: this.picked?.value === item.value }));
  }

  everything() {
    const { type, choices } = this.option;
    if (choices?.length) return choices.map(({ name, value }) => ({ label: name, value }));
    if (type === BOOLEAN) return [{ label: "True", value: true }, { label: "False", value: false }];
    if (type === USER) return users(this.store);
    if (type === ROLE) return roles(this.store);
    if (type === MENTIONABLE) return [...users(this.store), ...roles(this.store)];
    return type === CHANNEL ? channels(this.store, this.option.channel_types) : [];
  }

  /** The value as Discord takes it, undefined where there is none. */
  value() {
    if (this.option.type === ATTACHMENT) return this.file ?? undefined;
    const text = this.input.value.trim();
    if (!text) return undefined;
    if (this.picked) return this.picked.value;
    const same = this.closed && this.everything().find(({ label }) => label.toLowerCase() === text.toLowerCase());
    if (this.closed) return same?.value;
    return this.option.type === INTEGER || this.option.type === NUMBER ? number(text) : text;
  }

  /** The object for the request; a file is put to `files`. */
  asOption(files) {
    const { type, name } = this.option;
    return { type, name, value: type === ATTACHMENT ? String(files.push(this.file) - 1) : this.value() };
  }

  /** What is wrong, null for nothing. */
  problem() {
    const { option } = this;
    const typed = option.type === ATTACHMENT ? this.file : this.input.value.trim();
    if (!typed) return option.required ? "This option is required. Specify a value." : null;
    return this.complaint();
  }

  /** What is wrong with what stands there already. */
  complaint() {
    const { option } = this;
    if (option.type === ATTACHMENT || !this.input.value.trim()) return null;
    const value = this.value();
    if (this.closed) return value === undefined && this.candidates().length === 0 ? "Select one of the options."
      : value === undefined && this.judged ? "Select one of the options." : null;
    if (option.type === STRING) return lengthProblem(option, value);
    if (option.type === INTEGER && !Number.isInteger(value)) return "Specify a valid integer.";
    if (option.type === NUMBER && !Number.isFinite(value)) return "Specify a valid number.";
    if (option.min_value !== undefined && value < option.min_value) return `Value must be greater than or equal to ${option.min_value}.`;
    return option.max_value !== undefined && value > option.max_value ? `Value must be less than or equal to ${option.max_value}.` : null;
  }

  /** Show whether something is wrong. */
  mark(problem) {
    this.element.toggleAttribute("data-invalid", problem !== null);
    this.input.setAttribute("aria-invalid", String(problem !== null));
  }
}

function number(text) {
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
}

function lengthProblem({ min_length: least = 0, max_length: most = MAX_LENGTH }, value) {
  const { length } = [...value];
  if (length < least) return `Must be at least ${least} characters.`;
  return length > most ? `Must be ${most} or fewer characters: ${length - most} too many.` : null;
}

/** Return the members to choose from. */
export function users(store) {
  return [...store.members.values()].map(({ user }) => ({
    label: `@${nameOf(user)}`, aside: user.username, value: user.id, kind: "user", before: avatar(user, 24) }));
}

/** Return the roles to choose from. */
export function roles(store) {
  return [...store.roles.values()].sort((a, b) => b.position - a.position).map((each) => ({
    label: each.name.startsWith("@") ? each.name : `@${each.name}`, value: each.id, kind: "role", before: el("span", { class: "role-dot", "aria-hidden": "true",
      style: { background: each.color ? `#${each.color.toString(16).padStart(6, "0")}` : "#99aab5" } }) }));
}

/** Return the channels to choose from, of `types` only where there are any. */
export function channels(store, types) {
  return [...store.ordered, ...[...store.channels.values()].filter(isThread)].filter((each) => (types?.length ? types.includes(each.type) : true))
    .map((each) => ({ label: `#${each.name}`, value: each.id, kind: "channel", aside: store.channels.get(each.parent_id)?.name }));
}
