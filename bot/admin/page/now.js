// The devices and the queue.

import { act, block, confirm } from "/page/dialog.js";
import { bar, el, fill, role, say, show, words } from "/page/dom.js";
import { about, bytes, counted, duration, link } from "/page/format.js";

const STATES = { up: "up", starting: "starting", down: "restarting", parked: "parked" };
const PARKED = "Failed too often in a row; it is tried again every ten minutes. The log says why.";

/** Let the view show how it all stands. */
export function showNow(state) {
  const named = (device) => state.devices.filter((each) => each.name === device.name).length;
  const devices = state.devices.map((device) => ({ ...device, isOnly: named(device) === 1 }));
  show(role("devices"), devices, (device) => device.number, makeDevice);
  role("no-devices").hidden = state.devices.length > 0;
  show(role("queue"), state.requests, (request) => request.id, makeRequest);
  role("no-queue").hidden = state.requests.length > 0;
  const more = state.waiting + state.running - state.requests.length;
  say(role("queue-count"), `${state.waiting + state.running} of ${state.total}${more > 0 ? `, ${more} not shown` : ""}`);
}

function makeDevice() {
  const name = el("strong"), stands = el("span", { class: "state" }), models = el("p"), note = el("p");
  const slots = measure("Pictures"), memory = measure("Memory"), speed = measure("Speed", false);
  const card = el("li", { class: "device" },
    el("header", {}, name, stands), models, note, slots.element, memory.element, speed.element);
  return [card, (device) => {
    card.dataset.state = device.state;
    say(name, device.name && device.isOnly ? device.name : `${device.name || "device"} · ${device.number}`);
    say(stands, STATES[device.state]);
    say(models, device.models.join(" · "));
    say(note, device.state === "parked" ? PARKED : "");
    note.hidden = device.state !== "parked";
    const sizes = Object.entries(device.batches).map(([size, count]) => `${count} × ${size}`).join(", ");
    slots.set(`${device.pictures} of ${device.slots}${sizes ? ` (${sizes})` : ""}`, device.pictures / (device.slots || 1));
    memory.element.hidden = device.memory === null || device.slots === 0;
    if (device.memory !== null) {
      memory.set(`${bytes(device.memory_used)} of ${bytes(device.memory)}`, device.memory_used / (device.memory || 1));
    }
    const steps = device.steps_per_second;
    speed.set(steps === null ? "idle" : `${steps < 10 ? steps.toFixed(1) : Math.round(steps)} steps/s`);
  }];
}

function measure(label, filled = true) {
  const value = el("span"), share = filled ? bar() : null;
  const element = el("div", { class: "measure" }, el("span", {}, label), value, share);
  return { element, set: (text, of) => { say(value, text); if (share) fill(share, of); } };
}

function makeRequest(first) {
  const place = el("span", { class: "place" }), prompt = words("", { class: "prompt" });
  const small = el("div", { class: "about" }), text = el("span"), progress = bar();
  const name = first.prompt.slice(0, 60);
  const row = el("li", {}, place, el("div", {}, prompt, small), el("div", { class: "forecast" }, text, progress),
    el("div", { class: "row-buttons" },
      el("button", { type: "button", class: "small", "aria-label": `Cancel: ${name}`, onclick: () => cancel(first) }, "Cancel"),
      el("button", { type: "button", class: "small quiet", "aria-label": `Block ${first.member.name}`,
        onclick: () => block(first.member, first.server) }, "Block")));
  small.append(...about(first, el("span", { class: "size" }), link(first.link, "message"), el("code", {}, first.id)));
  return [row, (request) => {
    const runs = request.status === "running";
    row.dataset.status = request.status;
    say(place, runs ? "▸" : String(request.place));
    place.title = runs ? "being painted" : `place ${request.place}`;
    say(prompt, request.prompt);
    say(small.querySelector(".size"), `${request.width}×${request.height}, ${counted(request.steps, "step")}`);
    progress.hidden = !runs;
    fill(progress, request.step / request.steps);
    say(text, forecast(request, runs));
  }];
}

function forecast(request, runs) {
  const now = Date.now() / 1000;
  if (!runs) return request.starts === null ? "while no device is up" : `starts ${soon(request.starts - now)}`;
  if (request.device === null) return "its device was lost; goes on with the next";
  const percent = `${Math.floor(100 * request.step / request.steps)}%`;
  return request.finishes === null ? percent : `${percent} · ready ${soon(request.finishes - now)}`;
}

function soon(seconds) {
  return seconds < 1 ? "any moment" : `in ${duration(seconds)}`;
}

async function cancel(request) {
  const text = [words(`“${request.prompt}”`), " of ", words(request.member.name), ". The message says that whoever runs Easel did it."];
  if (await confirm("Cancel this picture?", text, "Cancel the picture")) await act("cancel", { request: request.id });
}
