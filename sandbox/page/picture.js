// Pictures and files: as large as looks good, alt text, a viewer, and edits that never flash.

import { el, icon, role } from "./dom.js";
import { spoiler } from "./markdown.js";

const BOX = { width: 520, height: 400 };
const SMALL = 384;
const MOST_ENLARGED = 3;
const VIEWER_ENLARGED = 6;
const SPOILER = 1 << 3;

const FILE = "M6 2h8l6 6v12a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2Zm7 1.500V9h5.500z";
const DOWNLOAD = "M11 3h2v9.200l3.3-3.3 1.4 1.400L12 16l-5.7-5.7 1.4-1.400L11 12.200zM4 18h16v2H4z";

/** Return the size that a picture of `width` × `height` is shown in. */
export function shownSize(width, height, box = BOX) {
  const enlarge = Math.min(MOST_ENLARGED, SMALL / Math.max(width, height));
  const scale = Math.min(box.width / width, box.height / height, Math.max(1, enlarge));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/**
 * Return a picture to look at. `earlier` is the element that showed the same place of the message before:
 * its picture stays until the new one is there.
 */
export function picture(file, earlier = null, { box = BOX, onload = null } = {}) {
  const size = file.width ? shownSize(file.width, file.height, box) : { width: 320, height: 240 };
  const image = earlier?.querySelector("img") ?? el("img", { decoding: "async", draggable: "false" });
  const figure = el("button", {
    class: "picture", type: "button", "data-slot": file.slot, "data-url": file.url,
    style: { width: `${size.width}px`, aspectRatio: `${size.width} / ${size.height}` },
    "aria-label": `Enlarge picture: ${file.description || file.filename || "picture"}`,
    onclick: () => openViewer(file),
  }, image);
  image.alt = file.description ?? "";
  if (file.description) figure.append(el("span", { class: "alt", title: file.description, "aria-hidden": "true" }, "ALT"));
  if (!image.src) {
    figure.classList.add("loading");
    image.addEventListener("load", () => figure.classList.remove("loading"), { once: true });
    if (onload) image.addEventListener("load", onload, { once: true });
    image.src = file.url;
  } else if (image.dataset.wanted !== file.url) {
    const fresh = new Image();
    fresh.src = file.url;
    fresh.decode().then(() => {
      if (image.dataset.wanted === file.url) image.src = file.url;
    }, () => {});
  }
  image.dataset.wanted = file.url;
  return figure;
}

/** Return the address of a file at the origin that the page itself was had from, be it 127.0.0.1 or localhost. */
export function here(url) {
  return url.replace(/^http:\/\/127\.0\.0\.1:\d+(?=\/cdn\/)/, location.origin);
}

/** Return one attachment: a picture, a player or a card to download it from. */
export function attachment(data, earlier, options) {
  const file = { ...data, url: here(data.url) };
  const kind = file.content_type ?? "";
  const isPicture = /^image\/(png|jpeg|gif|webp)$/.test(kind) && file.width;
  const shown = isPicture ? picture(file, earlier, options)
    : /^video\//.test(kind) ? video(file, earlier)
    : /^audio\//.test(kind) ? el("audio", { src: file.url, controls: true })
    : card(file);
  return (file.flags ?? 0) & SPOILER ? spoiler([shown], "spoiler spoiler-picture") : shown;
}

/** Return a player; one that plays this file already goes on. */
function video(file, earlier) {
  if (earlier?.matches("video") && earlier.src === file.url) {
    if (!earlier.paused) setTimeout(() => earlier.play().catch(() => {}));
    return earlier;
  }
  const size = file.width && shownSize(file.width, file.height);
  return el("video", { src: file.url, controls: true, loop: true, playsinline: true, preload: "metadata", class: "video", "data-slot": file.slot,
    "aria-label": file.description || file.filename, style: size ? { width: `${size.width}px`, aspectRatio: `${size.width} / ${size.height}` } : {} });
}

function card(file) {
  return el("div", { class: "file", "data-slot": file.slot },
    icon(FILE, 32),
    el("div", { class: "file-about" },
      el("a", { href: file.url, download: file.filename, class: "file-name" }, file.title ?? file.filename),
      el("span", { class: "file-size" }, bytes(file.size))),
    el("a", { href: file.url, download: file.filename, class: "icon", "aria-label": `Download ${file.filename}` }, icon(DOWNLOAD)));
}

/** Return a size for people. */
export function bytes(count) {
  if (count < 1024) return `${count} bytes`;
  const [value, unit] = count < 1024 * 1024 ? [count / 1024, "KB"] : [count / 1024 / 1024, "MB"];
  return `${value.toFixed(2)} ${unit}`;
}

function openViewer(file) {
  const dialog = role("viewer");
  const space = { width: innerWidth * 0.92, height: innerHeight * 0.8 };
  const scale = file.width ? Math.min(space.width / file.width, space.height / file.height, VIEWER_ENLARGED) : 1;
  dialog.replaceChildren(
    el("img", { src: file.url, alt: file.description ?? "",
      style: file.width ? { width: `${file.width * scale}px`, height: `${file.height * scale}px` } : {} }),
    el("p", {}, file.description && el("span", {}, file.description),
      el("span", { class: "about" }, [file.filename, file.width && `${file.width} × ${file.height}`, file.size && bytes(file.size)]
        .filter(Boolean).join("  ·  "))),
    el("div", { class: "viewer-tools" },
      el("a", { href: file.url, target: "_blank", rel: "noreferrer" }, "Open original"),
      el("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, "Close")));
  dialog.onclick = (event) => event.target === dialog && dialog.close();
  dialog.showModal();
}
