// Questions before something is done, and the form by which somebody is blocked.

import { post } from "/page/api.js";
import { el, role, words } from "/page/dom.js";

let fading = 0;

/** Say for a while what was done, or why not. */
export function tell(text) {
  role("told").textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => { role("told").textContent = ""; }, 6000);
}

/** Have something done and tell how that went; returns whether it was done. */
export async function act(path, body) {
  try {
    await post(path, body);
    tell("Done.");
    document.dispatchEvent(new Event("acted"));
    return true;
  } catch (refused) {
    tell(refused.message);
    return false;
  }
}

/** Ask whether to do something; `fields` are shown between the text and the buttons. Resolves to the form, or null. */
export function confirm(title, text, verb, { fields = [], grave = true } = {}) {
  const dialog = role("dialog");
  const form = el("form", { method: "dialog" },
    el("h2", { id: "dialog-title" }, title),
    text.length ? el("p", {}, text) : null,
    fields,
    el("div", { class: "buttons" },
      el("button", { type: "button", onclick: () => dialog.close("no") }, "Not now"),
      el("button", { type: "submit", value: "yes", class: grave ? "grave" : "primary" }, verb)));
  dialog.replaceChildren(form);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", function closed() {
      if (dialog.open && form.isConnected) return; // the form before was closed, and this one opened before that was told
      dialog.removeEventListener("close", closed);
      resolve(form.isConnected && dialog.returnValue === "yes" ? form : null);
    });
  });
}

/** Ask for how long and why to block somebody, and do it. Without a member, ask also whom. */
export async function block(member = null, server = null) {
  const everywhere = el("option", { value: "0" }, "everywhere");
  const where = server ? [el("option", { value: server.id }, server.name), everywhere] : [everywhere];
  const fields = [
    member ? null : el("label", {}, "Whom, by the id that Discord copies",
      el("input", { name: "member", required: true, inputmode: "numeric", pattern: "[0-9]{1,19}", autocomplete: "off" })),
    el("label", {}, "Where", el("select", { name: "server" }, where)),
    el("label", {}, "For how long", el("select", { name: "seconds" },
      [["", "for ever"], ["3600", "an hour"], ["86400", "a day"], ["604800", "a week"], ["2592000", "30 days"]]
        .map(([value, text]) => el("option", { value }, text)))),
    el("label", {}, "Why; the member is told", el("input", { name: "reason", maxlength: "200", autocomplete: "off" })),
  ].filter(Boolean);
  const text = "They can ask for no more pictures. What they asked for before is still painted.";
  const title = member ? ["Block ", words(member.name || member.id)] : ["Block somebody"];
  const form = await confirm(title, text, "Block", { fields });
  if (form === null) return;
  const chosen = new FormData(form);
  await act("block", {
    member: member?.id ?? chosen.get("member"),
    server: chosen.get("server"),
    seconds: chosen.get("seconds") ? Number(chosen.get("seconds")) : null,
    reason: chosen.get("reason"),
  });
}
