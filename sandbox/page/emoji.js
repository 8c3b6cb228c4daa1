// A small picker of emoji for reactions.
//
// Hooks for tests: [role=dialog][aria-label="Emoji"], in it buttons called by their emoji.

import { el } from "./dom.js";
import { float } from "./float.js";

/** What a menu offers at once. */
export const QUICK = ["❤️", "👍", "🎨", "❌"];

const ALL = [
  ..."❤️ 👍 👎 😂 🎨 🔥 👀 ❌ ✅ 🔁 ⭐ 🎉".split(" "), ..."😀 😊 😍 🤩 🤔 😮 😢 😭 😡 🙈 💯 🙏".split(" "),
  ..."👏 👋 💪 🤝 ✨ 🌈 🌅 🌊 🌲 🌸 🐱 🐶".split(" "), ..."🖼️ 🖌️ 📷 🎬 🎲 🧩 ⏳ 🛑 ⚠️ ❓ ❗ 💡".split(" "),
];
const COLUMNS = 6;

/** Open the picker at `anchor`; `onPick(emoji)` hears which. */
export function openPicker(anchor, onPick) {
  const picker = el("div", { class: "picker", role: "dialog", "aria-label": "Emoji" }, ALL.map((emoji) =>
    el("button", { type: "button", "aria-label": emoji, onclick: () => {
      picker.hidePopover();
      onPick(emoji);
    } }, emoji)));
  picker.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...picker.children];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  });
  float(picker, anchor);
  picker.firstElementChild.focus();
}

/** Return what stands for an emoji; custom ones have no picture here. */
export function emojiName(emoji) {
  return emoji.id ? `:${emoji.name}:` : emoji.name;
}
