// Elements without markup: everything that people or the bot wrote enters the page as text nodes only.

const SVG = "http://www.w3.org/2000/svg";

/** Return a new element; `attributes` whose value is null or false are left out, `on…` are listeners. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Return a new SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Return the element of the page with this `data-role`. */
export function role(name) {
  return document.querySelector(`[data-role="${name}"]`);
}

/** Return a 24-unit icon drawn by one path. */
export function icon(path, size = 20) {
  return svg("svg", { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true" },
    svg("path", { d: path, fill: "currentColor" }));
}

/** Return three dots that say that something is being waited for. */
export function dots() {
  return el("span", { class: "dots", "aria-hidden": "true" }, el("i", {}), el("i", {}), el("i", {}));
}
