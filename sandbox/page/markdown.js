// Discord's Markdown. `parse` makes a tree of plain objects from hostile text, `render` makes elements of it.

import { el } from "./dom.js";
import { timestamp } from "./time.js";

const MAX_DEPTH = 12;

// Texts are hostile: in no pattern may two repetitions that could share the same characters stand side by side, or a
// text of the longest length takes minutes.
const BLOCKS = [
  ["code", /^```(?:([\w+\-.#]+)\n)?(\n*[^\n][^]*?)```[^\S\n]*\n?/],
  ["quoteRest", /^>>> ([^]*)/],
  ["quote", /^(?:> [^\n]*(?:\n|$))+/],
  ["heading", /^(#{1,3})[^\S\n]+(\S[^\n]*)(?:\n|$)/],
  ["subtext", /^-# +(\S[^\n]*)(?:\n|$)/],
  ["list", /^(?: *(?:[-*]|\d{1,9}\.) +\S[^\n]*(?:\n|$))+/],
];

const ITEM = /^( *)([-*]|\d{1,9}\.) +([^\n]+)$/gm;

const INLINE = [
  ["escape", /^\\([^A-Za-z0-9\s])/],
  ["inlineCode", /^(`+)([^]*?[^`])\1(?!`)/],
  ["text", /^`+/],
  ["mention", /^<@!?(\d{1,20})>/],
  ["roleMention", /^<@&(\d{1,20})>/],
  ["channel", /^<#(\d{1,20})>/],
  ["command", /^<\/([^\s:<>]{1,32}(?: [^\s:<>]{1,32}){0,2}):\d{1,20}>/],
  ["everyone", /^@(everyone|here)\b/],
  ["time", /^<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/],
  ["emoji", /^<a?:(\w{2,32}):\d{1,20}>/],
  ["maskedLink", /^\[([^\]\n]+)\]\(<?(https?:\/\/[^\s<>)]+)>?\)/],
  ["link", /^<(https?:\/\/[^\s<>]+)>/],
  ["link", /^(https?:\/\/[^\s<>]*[^\s<>.,:;"')\]*_~|])/],
  ["boldItalic", /^\*\*\*([^]+?)\*\*\*(?!\*)/],
  ["strong", /^\*\*([^]+?)\*\*(?!\*)/],
  ["underline", /^__([^]+?)__(?!_)/],
  ["em", /^\*(?![\s*])([^]*?[^\s*])\*(?!\*)/],
  ["em", /^_(?!_)([^]*?[^_])_(?![\w_])/],
  ["strike", /^~~([^]+?)~~(?!_)/],
  ["spoiler", /^\|\|([^]+?)\|\|/],
  ["text", /^[^]+?(?=[\\`<@[*_~|]|https?:\/\/|$)/],
];

const PLACE = /^https:\/\/(?:(?:ptb|canary)\.)?discord\.com\/channels\/(?:\d{1,20}|@me)\/(\d{1,20})(?:\/(\d{1,20}))?$/;

/** Return `{channelId, messageId}` of a link to a channel or a message, null for any other. */
export function placeOf(url) {
  const [, channelId, messageId = null] = PLACE.exec(url) ?? [];
  return channelId ? { channelId, messageId } : null;
}

/** Return the tree of a message's text: a list of `{type, …}` nodes. */
export function parse(source) {
  return blocks(source, 0);
}

function blocks(source, depth) {
  const nodes = [];
  let loose = "";
  let rest = source;
  const flush = () => {
    if (loose) nodes.push(...inline(loose, depth));
    loose = "";
  };
  let lineStart = true;
  while (rest) {
    const found = BLOCKS.map(([type, pattern]) => (lineStart || type === "code") && depth < MAX_DEPTH
      && [type, pattern.exec(rest)]).find((each) => each && each[1]);
    if (found) {
      flush();
      nodes.push(block(...found, depth));
      rest = rest.slice(found[1][0].length);
      lineStart = true;
    } else {
      const span = /^(?:`(?!``)[^`]*`|\\?[^])/.exec(rest)[0];
      loose += span;
      lineStart = span === "\n";
      rest = rest.slice(span.length);
    }
  }
  flush();
  return nodes;
}

function block(type, match, depth) {
  switch (type) {
    case "code": return { type, language: match[1] ?? "", text: match[2].replace(/^\n+/, "").replace(/\n+$/, "") };
    case "quoteRest": return { type: "quote", children: blocks(match[1], depth + 1) };
    case "quote": return { type, children: blocks(match[0].replace(/^> /gm, "").replace(/\n$/, ""), depth + 1) };
    case "heading": return { type, level: match[1].length, children: inline(match[2].trim(), depth + 1) };
    case "subtext": return { type, children: inline(match[1], depth + 1) };
    default: return list(match[0], depth);
  }
}

function list(source, depth) {
  const found = [...source.matchAll(ITEM)];
  const ordered = /\d/.test(found[0][2]);
  const items = found.map(([, indent, , text]) => ({
    level: Math.min(4, Math.floor(indent.length / 2)), children: inline(text.trimEnd(), depth + 1),
  }));
  return { type: "list", ordered, start: ordered ? parseInt(found[0][2], 10) : 1, items };
}

function inline(source, depth) {
  if (depth >= MAX_DEPTH) return [{ type: "text", text: source }];
  const nodes = [];
  let rest = source;
  let before = "";
  while (rest) {
    let step = null;
    for (const [type, pattern] of INLINE) {
      if (type === "em" && pattern.source.startsWith("^_") && /\w$/.test(before)) continue;
      const match = pattern.exec(rest);
      if (match) {
        step = [type, match];
        break;
      }
    }
    const [type, match] = step ?? ["text", [rest[0]]];
    nodes.push(span(type, match, depth));
    before = match[0];
    rest = rest.slice(match[0].length);
  }
  return merged(nodes);
}

function span(type, match, depth) {
  const inside = () => inline(match[1], depth + 1);
  switch (type) {
    case "text": return { type, text: match[0] };
    case "escape": return { type: "text", text: match[1] };
    case "inlineCode": return { type, text: match[2].trim() || match[2] };
    case "mention": case "roleMention": case "channel": return { type, id: match[1] };
    case "everyone": return { type, text: `@${match[1]}` };
    case "command": return { type, text: `/${match[1]}` };
    case "time": return { type, seconds: Number(match[1]), style: match[2] ?? "f", source: match[0] };
    case "emoji": return { type: "text", text: `:${match[1]}:` };
    case "link": return placeOf(match[1]) ? { type: "place", url: match[1], ...placeOf(match[1]) } : { type, url: match[1], children: [{ type: "text", text: match[1] }] };
    case "maskedLink": return { type: "link", url: match[2], children: inside() };
    case "boldItalic": return { type: "strong", children: [{ type: "em", children: inside() }] };
    default: return { type, children: inside() };
  }
}

function merged(nodes) {
  const result = [];
  for (const node of nodes) {
    const last = result.at(-1);
    if (node.type === "text" && last?.type === "text") last.text += node.text;
    else result.push(node);
  }
  return result;
}

/**
 * Return elements for a message's text; `names` says who is behind `user(id)`, `role(id)` and `channel(id)`.
 * A text that cannot be rendered is returned as it is, so that no message keeps others from being shown.
 */
export function render(source, names) {
  try {
    return elements(source, names);
  } catch (error) {
    console.error(error);
    return [source];
  }
}

/** Return the same as `render`; throws where it cannot. */
export function elements(source, names) {
  return parse(source).map((node) => element(node, names));
}

/** Whether the text is nothing but a few emoji, which are then shown large. */
export function onlyEmoji(source) {
  // The lookahead takes one emoji for good: of those with a skin tone, either half is one too.
  return /^(?:\s*(?=(\p{RGI_Emoji}))\1){1,27}\s*$/v.test(source);
}

const TAGS = { strong: "strong", em: "em", underline: "u", strike: "s", subtext: "small", quote: "blockquote" };

function element(node, names) {
  const children = () => node.children.map((child) => element(child, names));
  switch (node.type) {
    case "text": return document.createTextNode(node.text);
    case "inlineCode": return el("code", {}, node.text);
    case "code": return el("pre", {}, el("code", { "data-language": node.language || null }, node.text));
    case "heading": return el(`h${node.level + 3}`, { class: `heading heading-${node.level}` }, children());
    case "list": return listElement(node, names);
    case "spoiler": return spoiler(children());
    case "mention": return pill(`@${names.user(node.id)}`, "user");
    case "roleMention": return pill(`@${names.role(node.id)}`, "role");
    case "channel": return pill(`#${names.channel(node.id)}`, "channel");
    case "everyone": return pill(node.text, "everyone");
    case "command": return el("span", { class: "mention mention-command", role: "button", tabindex: "0" }, node.text);
    case "time": return timestamp(node.seconds, node.style) ?? document.createTextNode(node.source);
    case "place": return el("span", { class: "mention mention-place", role: "button", tabindex: "0", title: node.url },
      `#${names.channel(node.channelId)}${node.messageId ? " › 💬" : ""}`);
    case "link": return el("span", { class: "link", title: node.url }, children());
    default: return el(TAGS[node.type], {}, children());
  }
}

function pill(text, kind) {
  return el("span", { class: `mention mention-${kind}` }, text);
}

function listElement({ ordered, start, items }, names) {
  return el(ordered ? "ol" : "ul", { start: ordered && start > 1 ? start : null }, items.map((item) =>
    el("li", { "data-level": item.level || null }, item.children.map((child) => element(child, names)))));
}

/** Return content that is hidden until it is clicked. */
export function spoiler(children, className = "spoiler") {
  const open = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    if (event.currentTarget.hasAttribute("data-open")) return;
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.setAttribute("data-open", "");
    event.currentTarget.setAttribute("aria-label", "Spoiler, shown");
  };
  return el("span", { class: className, role: "button", tabindex: "0", "aria-label": "Spoiler, hidden",
    onclick: open, onkeydown: open }, el("span", { class: "hidden-until-open" }, children));
}
