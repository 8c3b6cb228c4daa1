// What floats over the page for a moment: lists, menus, the emoji picker. A press beside it or Esc puts it away.

const GAP = 6;

/**
 * Let `element` float at `anchor`, an element or a point {x, y}; `onClose` hears of its end. In a dialog it belongs to
 * the dialog, since all else is inert.
 */
export function float(element, anchor, { onClose = null, wide = false } = {}) {
  const rect = anchor.getBoundingClientRect?.() ?? new DOMRect(anchor.x, anchor.y, 0, 0);
  element.popover = "auto";
  element.classList.add("float");
  if (wide) element.style.minWidth = `${rect.width}px`;
  (anchor.closest?.("dialog, .float") ?? document.body).append(element);
  element.addEventListener("beforetoggle", ({ newState }) => newState === "closed" && onClose?.());
  element.addEventListener("toggle", ({ newState }) => newState === "closed" && element.remove());
  element.addEventListener("mousedown", (event) => {
    if (!event.target.closest("input")) event.preventDefault();
  });
  element.showPopover();
  place(element, rect, anchor.matches?.("[role=menuitem]"));
}

/** Run `then` once no button of the mouse is pressed any more: a release beside what floats would put it away. */
export function afterPress(event, then) {
  if (event.buttons) addEventListener("pointerup", () => setTimeout(then), { once: true, capture: true });
  else then();
}

function place(element, rect, beside) {
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = beside ? (rect.right + width < innerWidth ? rect.right + GAP : rect.left - width - GAP) : rect.left;
  const top = beside ? rect.top : rect.bottom + GAP;
  const above = beside ? innerHeight - height - GAP : rect.top - height - GAP;
  element.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
  element.style.top = `${Math.max(GAP, top + height < innerHeight ? top : above)}px`;
}
