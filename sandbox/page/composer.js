// The text box: who writes, what, with which files, in answer to whom.
//
// Hooks for tests: form[data-role=composer], textarea[data-role=text], input[data-role=file],
// [data-role=writers] input[name=writer][value=<member id>], [data-role=error], [data-role=upload] with the buttons
// "Mark as spoiler" and "Remove". What opens over it is slash.js's.

import { ApiError } from "./api.js";
import { avatar } from "./avatar.js";
import { el, icon, role } from "./dom.js";
import { bytes } from "./picture.js";
import { Slash } from "./slash.js";
import { isThread, nameOf, PERMISSIONS } from "./store.js";

const MAX_LENGTH = 2000;
const MAX_FILES = 10;
const TYPING_MS = 8000;
const SPOILER = "SPOILER_";
const EYE = "M12 5c5 0 9 4 10.500 7-1.500 3-5.500 7-10.500 7S3 15 1.500 12C3 9 7 5 12 5Zm0 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z";

export class Composer {
  /** `send(content, files, replyTo)` and `save(message, content)` do it or throw ApiError; the rest of `does` is for Slash. */
  constructor(store, does, commands) {
    this.store = store;
    this.does = does;
    this.text = role("text");
    this.slash = new Slash(store, commands, this.text, does);
    this.files = [];
    role("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("paste", (event) => this.add([...event.clipboardData.files], event));
    role("attach").addEventListener("click", () => role("file").click());
    role("file").addEventListener("change", ({ target }) => {
      this.add([...target.files]);
      target.value = "";
    });
    addEventListener("keydown", (event) => this.takeKey(event));
    this.listenForDrops();
  }

  /** Show the members to write as, `state` as `GET /sandbox/state` gives it. */
  showWriters(state, currentId) {
    const fieldset = role("writers");
    fieldset.replaceChildren(el("legend", {}, "Write as"), ...state.members.map((member) =>
      el("label", { class: "writer", "data-writer": member.name },
        el("input", { type: "radio", name: "writer", value: member.id, checked: member.id === currentId,
          onchange: () => this.does.writeAs(member) }),
        avatar({ id: member.id, username: member.name }, 24),
        el("span", { class: "writer-name" }, member.name),
        el("span", { class: "writer-role" }, member.role))));
  }

  /** Turn to `channel`. */
  open(channel) {
    if (channel.id !== this.channel?.id) this.slash.cancel();
    this.channel = channel;
    this.cancelContext();
    const may = this.store.mayWrite(channel);
    const mayAttach = may && this.store.may(PERMISSIONS.attachFiles, channel);
    const title = this.store.title(channel);
    const place = isThread(channel) ? `“${title}”` : `${channel.type === 1 ? "@" : "#"}${title}`;
    this.text.disabled = !may;
    this.text.placeholder = may ? `Message ${place}`
      : "You do not have permission to send messages in this channel.";
    role("attach").disabled = !mayAttach;
    role("box").classList.toggle("forbidden", !may);
    role("drop-text").textContent = `Send to ${place}`;
    this.showError(null);
    if (matchMedia("(hover: hover)").matches && !this.slash.form && !role("dialog").open) this.text.focus();
  }

  reply(message) {
    this.slash.cancel();
    this.cancelContext();
    this.context = { reply: message };
    this.showContext(`Replying to ${nameOf(message.author)}`);
  }

  edit(message) {
    this.slash.cancel();
    this.cancelContext();
    this.context = { edit: message };
    this.text.value = message.content;
    this.showContext("Editing your message");
    this.typed(false);
  }

  cancelContext() {
    if (this.context?.edit) this.text.value = "";
    this.context = null;
    role("replying").hidden = true;
    this.resize();
  }

  showContext(words) {
    const line = role("replying");
    line.replaceChildren(el("span", {}, words),
      el("button", { type: "button", "aria-label": "Cancel", onclick: () => {
        this.cancelContext();
        this.text.focus();
      } }, "✕"));
    line.hidden = false;
    this.text.focus();
  }

  key(event) {
    if (this.slash.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.context) {
      event.stopPropagation();
      this.cancelContext();
    } else if (event.key === "ArrowUp" && !this.text.value && !this.context) {
      event.preventDefault();
      this.does.editLast();
    }
  }

  /** Typing anywhere on the page is meant for the box. */
  takeKey(event) {
    const elsewhere = document.activeElement === document.body || document.activeElement?.matches("li, .scroller, .channel");
    const plain = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (elsewhere && plain && !document.querySelector("dialog[open], .float:popover-open")) (this.slash.form?.fields[0]?.input ?? this.text).focus();
  }

  typed(tell = true) {
    this.resize();
    this.showError(null);
    if (!this.context?.edit) this.slash.typed(this.channel);
    const now = Date.now();
    if (tell && /^[^/]/.test(this.text.value) && now - (this.told ?? 0) > TYPING_MS) {
      this.told = now;
      this.does.typing();
    }
  }

  resize() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, innerHeight * 0.4)}px`;
    const left = MAX_LENGTH - [...this.text.value].length;
    const count = role("count");
    count.textContent = left < 200 ? String(left) : "";
    count.classList.toggle("over", left < 0);
    role("composer").classList.toggle("filled", this.text.value.trim() !== "" || this.files.length > 0);
  }

  async submit() {
    if (this.slash.form) {
      this.slash.form.submit();
      return;
    }
    const content = this.text.value.trim();
    if (this.sending || this.text.disabled || (!content && !this.files.length)) return;
    const { context, files } = this;
    this.setSending(true);
    this.showError(null);
    try {
      if (context?.edit) await this.does.save(context.edit, content);
      else await this.does.send(content, files, context?.reply);
      this.told = 0;
      this.text.value = "";
      this.files = [];
      this.showFiles();
      this.cancelContext();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.showError(error.message);
    } finally {
      this.setSending(false);
    }
  }

  setSending(sending) {
    this.sending = sending;
    role("box").classList.toggle("sending", sending);
  }

  showError(sentence) {
    const line = role("error");
    line.textContent = sentence ?? "";
    line.hidden = !sentence;
  }

  add(files, event = null) {
    if (!files.length || role("attach").disabled) return;
    event?.preventDefault();
    if (this.slash.form) {
      this.slash.form.takeFile(files[0]);
      return;
    }
    if (this.files.length + files.length > MAX_FILES) this.showError(`A message takes at most ${MAX_FILES} files.`);
    this.files = [...this.files, ...files].slice(0, MAX_FILES);
    this.showFiles();
    this.text.focus();
  }

  showFiles() {
    const list = role("uploads");
    for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    list.replaceChildren(...this.files.map((file, index) =>
      el("li", { class: "upload", "data-role": "upload" },
        file.type.startsWith("image/") ? el("img", { src: URL.createObjectURL(file), alt: "" })
          : el("div", { class: "upload-blank", "aria-hidden": "true" }, file.name.split(".").pop().slice(0, 4).toUpperCase()),
        el("span", { class: "upload-name", title: file.name }, file.name),
        el("span", { class: "file-size" }, bytes(file.size)),
        el("button", { type: "button", class: "upload-spoiler", "aria-label": `Mark ${file.name} as spoiler`, title: "Mark as spoiler",
          "aria-pressed": String(file.name.startsWith(SPOILER)), onclick: () => {
            this.files[index] = spoiled(file);
            this.showFiles();
          } }, icon(EYE, 16)),
        el("button", { type: "button", class: "upload-remove", "aria-label": `Remove ${file.name}`, onclick: () => {
          this.files.splice(index, 1);
          this.showFiles();
          this.text.focus();
        } }, "✕"))));
    list.hidden = !this.files.length;
    this.resize();
  }

  listenForDrops() {
    const cover = role("drop");
    let depth = 0;
    const carries = (event) => event.dataTransfer?.types.includes("Files") && !role("attach").disabled;
    addEventListener("dragenter", (event) => {
      if (carries(event)) cover.hidden = ++depth === 0;
    });
    addEventListener("dragleave", (event) => {
      if (carries(event)) cover.hidden = (depth = Math.max(0, depth - 1)) === 0;
    });
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      depth = 0;
      cover.hidden = true;
      this.add([...(event.dataTransfer?.files ?? [])]);
    });
  }
}

/** Return a file marked as a spoiler, or, where it is one, not: the mark is in its name. */
function spoiled(file) {
  const name = file.name.startsWith(SPOILER) ? file.name.slice(SPOILER.length) : SPOILER + file.name;
  return new File([file], name, { type: file.type });
}
