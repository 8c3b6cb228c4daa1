// The form that a bot opens in a dialog.
//
// Hooks for tests: [role=dialog] called by its title; fields by their label; buttons "Submit" and "Cancel";
// [data-role=field-problem] and [data-role=dialog-problem].

import { avatar } from "./avatar.js";
import { dots, el, role } from "./dom.js";
import { render } from "./markdown.js";
import { preset, selectMenu } from "./select.js";

const [ROW, TEXT_INPUT, TEXT, LABEL] = [1, 4, 10, 18];
const PARAGRAPH = 2;

let count = 0;

/** Open the form of an INTERACTION_MODAL_CREATE, or one of the page's `own`; `send(data)` resolves once it was taken, or rejects. */
export function openForm(data, store, send) {
  const dialog = role("dialog");
  const fields = [];
  const rows = data.components.map((each) => row(each, store, fields)).filter(Boolean);
  const problem = el("p", { class: "dialog-problem", "data-role": "dialog-problem", role: "alert", hidden: true });
  const submit = el("button", { type: "submit", class: "button primary" }, el("span", { class: "button-content" }, "Submit"));
  const form = el("form", { method: "dialog", novalidate: true },
    el("header", { class: "dialog-head" },
      !data.own && avatar(store.bot.user, 32),
      el("h2", { id: "dialog-title" }, data.title),
      el("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => dialog.close() }, "✕")),
    el("div", { class: "dialog-body" },
      !data.own && el("p", { class: "dialog-note" }, `This form will be submitted to ${data.application?.name ?? "the application"}. `
        + "Do not share passwords or other sensitive information."),
      rows.map((each) => each.element)),
    problem,
    el("footer", { class: "dialog-foot" },
      el("button", { type: "button", class: "button plain", onclick: () => dialog.close() }, el("span", { class: "button-content" }, "Cancel")),
      submit));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = fields.filter((field) => !field.check());
    if (wrong.length) {
      wrong[0].input.focus();
      return;
    }
    problem.hidden = true;
    submit.disabled = true;
    submit.setAttribute("data-loading", "");
    submit.append(dots());
    try {
      await send({ id: data.id, custom_id: data.custom_id, components: rows.filter((each) => each.value).map((each) => each.value()) });
      if (form.isConnected) dialog.close();
    } catch (error) {
      problem.textContent = error.message || "Something went wrong. Try again.";
      problem.hidden = false;
      submit.disabled = false;
      submit.removeAttribute("data-loading");
      submit.querySelector(".dots").remove();
    }
  });
  dialog.replaceChildren(form);
  dialog.setAttribute("aria-labelledby", "dialog-title");
  if (!dialog.open) dialog.showModal();
  (fields[0]?.input ?? submit).focus();
}

function row(data, store, fields) {
  if (data.type === TEXT) return { element: el("div", { class: "dialog-text" }, render(data.content, store.names)) };
  if (data.type !== ROW && data.type !== LABEL) return null;
  const inner = data.type === LABEL ? data.component : data.components[0];
  const field = inner.type === TEXT_INPUT ? new TextField(inner, data.label ?? inner.label, data.description)
    : new SelectField(inner, data.label, data.description, store);
  fields.push(field);
  return { element: field.element, value: () => (data.type === LABEL
    ? { type: LABEL, ...(data.id === undefined ? {} : { id: data.id }), component: field.value() }
    : { type: ROW, components: [field.value()] }) };
}

class Field {
  frame(data, label, description, required) {
    this.data = data;
    this.required = required;
    this.id = `field-${count++}`;
    this.problem = el("p", { class: "field-problem", id: `${this.id}-problem`, "data-role": "field-problem", role: "alert" });
    this.element = el("div", { class: "field" },
      el("label", { for: this.id, class: "field-label" }, label ?? "", required && el("span", { class: "field-star", "aria-hidden": "true" }, "*")),
      description && el("p", { class: "field-about" }, description));
  }

  say(problem) {
    this.problem.textContent = problem ?? "";
    this.element.toggleAttribute("data-invalid", problem !== null);
    this.input.setAttribute("aria-invalid", String(problem !== null));
    return problem === null;
  }
}

class TextField extends Field {
  constructor(data, label, description) {
    super();
    this.frame(data, label, description, data.required ?? true);
    this.input = el(data.style === PARAGRAPH ? "textarea" : "input", {
      id: this.id, class: "field-input", placeholder: data.placeholder ?? "", autocomplete: "off", rows: data.style === PARAGRAPH ? 4 : null,
      "aria-required": String(this.required), "aria-describedby": `${this.id}-problem`, "data-custom-id": data.custom_id });
    this.input.value = data.value ?? "";
    this.count = el("span", { class: "field-count", "aria-hidden": "true" });
    this.input.addEventListener("input", () => {
      this.say(null);
      this.showCount();
    });
    this.element.append(el("div", { class: "field-box" }, this.input, this.count), this.problem);
    this.showCount();
  }

  get length() {
    return [...this.input.value].length;
  }

  showCount() {
    const most = this.data.max_length ?? 4000;
    this.count.textContent = this.data.max_length || this.length > most - 200 ? `${this.length}/${most}` : "";
  }

  check() {
    const { min_length: least = 0, max_length: most = 4000 } = this.data;
    if (!this.input.value) return this.say(this.required ? "This field is required." : null);
    if (this.length < least) return this.say(`Must be at least ${least} characters.`);
    return this.say(this.length > most ? `Must be ${most} or fewer characters.` : null);
  }

  value() {
    return { type: TEXT_INPUT, custom_id: this.data.custom_id, value: this.input.value };
  }
}

class SelectField extends Field {
  constructor(data, label, description, store) {
    super();
    this.frame(data, label, description, data.required ?? true);
    this.input = selectMenu(data, store, { onChoose: (values) => {
      this.values = values;
      this.say(null);
    } });
    this.input.id = this.id;
    this.values = preset(data);
    this.element.append(this.input, this.problem);
  }

  check() {
    return this.say(this.required && !this.values.length ? "This field is required." : null);
  }

  value() {
    return { type: this.data.type, custom_id: this.data.custom_id, values: this.values };
  }
}
