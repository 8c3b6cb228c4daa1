// Elements without markup: everything that people wrote enters the page as text nodes only.

/** Return a new element; attributes that are null or false are left out, `on…` are listeners. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Return the element of the page with this `data-role`. */
export function role(name) {
  return document.querySelector(`[data-role="${name}"]`);
}

/** Return what somebody wrote, kept apart from the direction of what stands around it. */
export function words(text, attributes = {}) {
  return el("bdi", attributes, text);
}

/** Let an element say something, without touching it where it does already. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Return a bar that is filled by a share of 0 to 1, set by `fill`. */
export function bar() {
  return el("span", { class: "fill", "aria-hidden": "true" }, el("i"));
}

/** Fill a bar. */
export function fill(element, share) {
  element.firstChild.style.width = `${Math.round(100 * Math.min(1, Math.max(0, share)))}%`;
}

/**
 * Let a list show these items, each in one element that stays while the item does, so that focus stays too.
 * `make` returns a new element and a function that lets it show an item.
 */
export function show(list, items, key, make) {
  const keys = new Set(items.map((item) => String(key(item))));
  const kept = new Map();
  for (const child of [...list.children]) {
    if (keys.has(child.dataset.key)) kept.set(child.dataset.key, child);
    else child.remove();
  }
  items.forEach((item, index) => {
    const id = String(key(item));
    let child = kept.get(id);
    if (child === undefined) {
      const [element, update] = make(item);
      child = Object.assign(element, { update });
      child.dataset.key = id;
    }
    child.update(item);
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
  });
}
