// Moments: message times in Discord's manner, and <t:…> timestamps, of which the relative ones keep counting.

import { el } from "./dom.js";

const locale = navigator.language;
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", year: "numeric" });
const longDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

const STYLES = {
  t: clock,
  T: new Intl.DateTimeFormat(locale, { timeStyle: "medium" }),
  d: day,
  D: longDay,
  f: new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }),
  F: full,
  s: new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short" }),
  S: new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "medium" }),
};

const UNITS = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function daysAgo(date) {
  const midnight = (each) => new Date(each.getFullYear(), each.getMonth(), each.getDate());
  return Math.round((midnight(new Date()) - midnight(date)) / 86400000);
}

/** Return a message's time as a <time>: the hour today, the date before that; the full date on hover. */
export function messageTime(iso, className = "stamp") {
  const date = new Date(iso);
  const ago = daysAgo(date);
  const text = ago === 0 ? clock.format(date) : ago === 1 ? `Yesterday at ${clock.format(date)}`
    : `${day.format(date)}, ${clock.format(date)}`;
  return el("time", { datetime: iso, title: full.format(date), class: className }, text);
}

/** Return the hour of a moment. */
export function hour(iso) {
  return clock.format(new Date(iso));
}

/** Return the name of a day, for the line between days. */
export function dayName(iso) {
  return longDay.format(new Date(iso));
}

function fromNow(seconds) {
  const difference = seconds - Date.now() / 1000;
  const [unit, length] = UNITS.find(([, each]) => Math.abs(difference) >= each) ?? ["second", 1];
  return relative.format(Math.round(difference / length), unit);
}

/** Return the <time> of a <t:seconds:style> timestamp. */
export function timestamp(seconds, style = "f") {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return null;
  const text = style === "R" ? fromNow(seconds) : STYLES[style].format(date);
  return el("time", {
    class: "timestamp", datetime: date.toISOString(), title: full.format(date),
    "aria-live": style === "R" && "off",
    "data-relative": style === "R" && String(seconds),
  }, text);
}

setInterval(() => {
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const text = fromNow(Number(element.dataset.relative));
    if (element.textContent !== text) element.textContent = text;
  }
}, 1000);
