// Times, sizes and the little markdown that the audit log is written in.

import { el, words } from "/page/dom.js";

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Return seconds in words, such as "3 min". */
export function duration(seconds) {
  const units = [[86400, "d"], [3600, "h"], [60, "min"]];
  for (const [size, name] of units) if (seconds >= size) return `${Math.round(seconds / size)} ${name}`;
  return `${Math.max(1, Math.round(seconds))} s`;
}

/** Return a time of Unix seconds as a date. */
export function date(seconds) {
  return DATE.format(new Date(1000 * seconds));
}

/** Return an element that says how long ago something was. */
export function ago(seconds) {
  const iso = new Date(1000 * seconds).toISOString();
  return el("time", { datetime: iso, title: date(seconds) }, `${duration(Date.now() / 1000 - seconds)} ago`);
}

/** Return a number of bytes in words. */
export function bytes(number) {
  return number >= 1e9 ? `${(number / 1e9).toFixed(1)} GB` : `${Math.round(number / 1e6)} MB`;
}

/** Return a count in words. */
export function counted(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** Return who and where, as the small print below a prompt. */
export function about(request, ...more) {
  const where = request.server ? words(request.server.name, { title: request.server.id }) : "in private";
  const parts = [words(request.member.name || request.member.id, { title: request.member.id }), where, ...more];
  return parts.flatMap((part, index) => (index ? [" · ", part] : [part]));
}

/** Return a link to a message on Discord. */
export function link(url, text) {
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** Return nodes for a line of the audit log: mentions, times, code, and what is escaped. */
export function line(markdown) {
  const nodes = [];
  let rest = 0;
  for (const match of markdown.matchAll(/<@(\d+)>|<t:(\d+)(?::\w)?>|`+([^`]+)`+|\\([^\w\s])/g)) {
    nodes.push(markdown.slice(rest, match.index));
    rest = match.index + match[0].length;
    const [, member, time, code, escaped] = match;
    if (member) nodes.push(el("code", {}, member));
    else if (time) nodes.push(date(Number(time)));
    else if (code) nodes.push(el("code", {}, code.trim()));
    else nodes.push(escaped);
  }
  return [...nodes, markdown.slice(rest)];
}
