// Channels and members, which on narrow screens lie in drawers at the sides.

import { role } from "./dom.js";

const narrow = matchMedia("(max-width: 1000px)");

/** Close the drawers. */
export function closeDrawers() {
  role("app").removeAttribute("data-drawer");
  role("menu").setAttribute("aria-expanded", "false");
  role("curtain").hidden = true;
}

function toggle(name) {
  const app = role("app");
  if (app.dataset.drawer === name) {
    closeDrawers();
    return;
  }
  app.dataset.drawer = name;
  role("menu").setAttribute("aria-expanded", String(name === "channels"));
  role("curtain").hidden = false;
}

/** Listen to the buttons that open them. */
export function listenForDrawers() {
  role("menu").addEventListener("click", () => toggle("channels"));
  role("toggle-members").addEventListener("click", () => {
    if (narrow.matches) toggle("members");
    else role("toggle-members").setAttribute("aria-pressed", String(!role("app").toggleAttribute("data-no-members")));
  });
  role("curtain").addEventListener("click", closeDrawers);
  addEventListener("keydown", (event) => event.key === "Escape" && closeDrawers());
}
