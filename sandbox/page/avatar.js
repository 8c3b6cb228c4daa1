// Avatars: initials on a colour of one's own; the bot has a palette.

import { svg } from "./dom.js";

const PAIRS = [["#f0b232", "#e67e22"], ["#3ba55d", "#1f8b6b"], ["#eb459e", "#b5488f"], ["#00a8fc", "#3b6fd8"],
  ["#9b84ee", "#6a5acd"], ["#ed6a5e", "#c0392b"]];

let gradients = 0;

/** Return the avatar of a user as an SVG of `size` pixels. */
export function avatar(user, size = 40) {
  const id = `g${gradients++}`;
  const [from, to] = user.bot ? ["#7983f5", "#eb459e"] : PAIRS[Number(BigInt(user.id) % 32n - 1n) % PAIRS.length];
  const name = user.global_name ?? user.username;
  const gradient = svg("linearGradient", { id, x1: 0, y1: 0, x2: 1, y2: 1 },
    svg("stop", { "stop-color": from }), svg("stop", { offset: 1, "stop-color": to }));
  const picture = user.bot ? palette() : [svg("text", {
    x: 20, y: 20.5, "text-anchor": "middle", "dominant-baseline": "central", fill: "#fff", "font-size": 18,
    "font-weight": 600,
  }, [...name][0].toUpperCase())];
  return svg("svg", { viewBox: "0 0 40 40", width: size, height: size, class: "avatar", "aria-hidden": "true" },
    svg("defs", {}, gradient), svg("circle", { cx: 20, cy: 20, r: 20, fill: `url(#${id})` }), picture);
}

function palette() {
  const dot = (cx, cy, fill) => svg("circle", { cx, cy, r: 2, fill });
  return [
    svg("path", { fill: "#fff", d: "M20 9.500c-6.6 0-11.5 4.6-11.5 10.2 0 5.3 4.2 9.8 9.3 9.8 1.8 0 2.5-1.1 2.1-2.5-.4-1.7.4-2.9 2.2-2.900h3.400c3.4 0 6-2.1 6-5.4 0-5.2-5-9.2-11.5-9.200Z" }),
    dot(13.6, 19.6, "#5865f2"), dot(17, 14.8, "#f0b232"), dot(22.8, 14.2, "#ed4245"), dot(27, 18, "#23a55a"),
  ];
}
