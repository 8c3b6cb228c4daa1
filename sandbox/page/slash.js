// What opens over the text box: the list of slash commands, and the form that a chosen one becomes.
//
// Hooks for tests: [data-role=popup] with [role=option][data-command]; the form is command_form.js's.

import { avatar } from "./avatar.js";
import { CommandForm } from "./command_form.js";
import { matching } from "./commands.js";
import { el, role } from "./dom.js";
import { Listbox } from "./listbox.js";
import { nameOf } from "./store.js";

export class Slash {
  /** `does.refresh()` asks anew for the commands, `does.run(entry, values, files)` calls one, `does.suggest` completes. */
  constructor(store, commands, text, does) {
    this.store = store;
    this.commands = commands;
    this.text = text;
    this.does = does;
    this.popup = role("popup");
    this.form = null;
    this.list = new Listbox("Commands", (item) => this.choose(item.entry));
    this.text.addEventListener("blur", () => this.close());
  }

  /** Whether the list of commands is shown. */
  get open() {
    return !this.popup.hidden && !this.form;
  }

  /** Look whether what is typed is the beginning of a command. */
  async typed(channel) {
    this.channel = channel;
    const { value } = this.text;
    if (!value.startsWith("/") || value.includes("\n")) {
      this.close();
      this.fresh = false;
      return;
    }
    if (!this.fresh) {
      this.fresh = true;
      this.show();
      await this.does.refresh();
      if (!this.text.value.startsWith("/") || document.activeElement !== this.text) return;
    }
    this.show();
  }

  show() {
    const typed = this.text.value.slice(1);
    const entries = this.commands.entries(this.channel);
    const called = entries.find((entry) => `${entry.name} ` === typed.toLowerCase());
    if (called) {
      this.choose(called);
      return;
    }
    const found = matching(entries, typed);
    if (!found.length && !(typed === "" && entries.length === 0)) {
      this.close();
      return;
    }
    const bot = this.store.bot?.user;
    this.list.attach(this.text);
    this.list.show(found.map((entry) => ({
      entry, heading: nameOf(bot), before: avatar(bot, 32), aside: nameOf(bot), detail: entry.description,
      label: [el("b", {}, `/${entry.name}`), ...entry.options.filter((option) => option.required).map((option) =>
        el("span", { class: "parameter" }, option.name))],
    })));
    this.list.options().forEach((option, place) => option.setAttribute("data-command", found[place].name));
    this.popup.replaceChildren(found.length ? this.list.element
      : el("p", { class: "popup-note" }, `${bot ? nameOf(bot) : "The bot"} has no commands here.`));
    this.popup.hidden = false;
    this.text.setAttribute("aria-expanded", "true");
  }

  close() {
    if (this.form) return;
    this.popup.hidden = true;
    this.text.setAttribute("aria-expanded", "false");
    this.text.removeAttribute("aria-activedescendant");
  }

  /** Handle a key pressed in the text box; returns whether it was one for the list. */
  key(event) {
    if (!this.open) return false;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
      return true;
    }
    return this.list.key(event);
  }

  /** Open the form of the command called `name`, if there is one here. */
  async begin(name, channel) {
    this.channel = channel;
    await this.does.refresh();
    const entry = this.commands.entries(channel).find((each) => each.name === name);
    if (entry) this.choose(entry);
  }

  choose(entry) {
    this.cancel();
    this.text.value = "";
    this.text.dispatchEvent(new Event("input"));
    this.form = new CommandForm(entry, {
      store: this.store, channel: this.channel, popup: this.popup,
      suggest: (values) => this.does.suggest(entry, values),
      run: (values, files) => {
        this.cancel();
        this.does.run(entry, values, files);
      },
      cancel: (rest) => this.cancel(rest),
    });
    role("box").classList.add("commanding");
    role("command").replaceChildren(this.form.element);
    role("command").hidden = false;
    this.form.start();
  }

  /** Put the form away; the text box has `rest` then. */
  cancel(rest = "") {
    if (!this.form) return;
    this.form = null;
    this.popup.hidden = true;
    role("box").classList.remove("commanding");
    role("command").hidden = true;
    role("command").replaceChildren();
    this.text.value = rest;
    this.text.dispatchEvent(new Event("input"));
    this.text.focus();
  }
}
