// Embeds: the framed block below a message.

import { el } from "./dom.js";
import { here, picture } from "./picture.js";
import { render } from "./markdown.js";
import { messageTime } from "./time.js";

const BOX = { width: 400, height: 400 };
const THUMBNAIL = { width: 80, height: 80 };

/** Return an embed; `earlier(slot)` is the picture that stood there before, `options` go to pictures. */
export function embed(data, index, names, earlier, options) {
  const image = (key, box) => {
    const slot = `embed-${index}-${key}`;
    return data[key]?.url && picture({ filename: data[key].url.split("/").pop().split("?")[0], ...data[key], url: here(data[key].url), slot },
      earlier(slot), { ...options, box });
  };
  const color = data.color === undefined ? null : `#${data.color.toString(16).padStart(6, "0")}`;
  return el("article", { class: "embed", "data-role": "embed", style: color ? { borderLeftColor: color } : {} },
    el("div", { class: "embed-main" },
      data.author && el("div", { class: "embed-author" }, data.author.name),
      data.title && el("div", { class: `embed-title${data.url ? " link" : ""}`, title: data.url ?? null }, render(data.title, names)),
      data.description && el("div", { class: "embed-text" }, render(data.description, names)),
      data.fields && el("div", { class: "embed-fields" }, data.fields.map((field) =>
        el("div", { class: field.inline ? "embed-field inline" : "embed-field" },
          el("div", { class: "embed-field-name" }, render(field.name, names)),
          el("div", { class: "embed-text" }, render(field.value, names)))))),
    data.thumbnail && el("div", { class: "embed-thumbnail" }, image("thumbnail", THUMBNAIL)),
    data.image && el("div", { class: "embed-image" }, image("image", BOX)),
    (data.footer || data.timestamp) && el("div", { class: "embed-footer" },
      data.footer && el("span", {}, data.footer.text),
      data.footer && data.timestamp && " • ",
      data.timestamp && messageTime(data.timestamp, "")));
}
