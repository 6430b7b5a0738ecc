// Emoji by name. The common ones are drawn here, so that they look the same everywhere, also where no emoji font is.

import { h, svg } from "./dom.js";

const rect = (x, y, width, height, rx, fill) => ["rect", { x, y, width, height, rx, fill }];
const disc = (cx, cy, r, fill) => ["circle", { cx, cy, r, fill }];
const fill = (d, colour) => ["path", { d, fill: colour }];
const line = (d, stroke, width) => ["path", { d, fill: "none", stroke, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" }];
const ball = (colour, edge) => [disc(16, 16, 13, edge), disc(16, 16, 11.3, colour)];
const tile = (colour, ...more) => [rect(2, 2, 28, 28, 6, colour), ...more];

const glass = (sand) => [
  fill("M8 5h16v4c0 4-5 5-5 7s5 3 5 7v4H8v-4c0-4 5-5 5-7s-5-3-5-7z", "#cfe6f5"),
  fill(sand, "#f2b233"),
  rect(6, 2.5, 20, 3.5, 1.5, "#8a5a35"), rect(6, 26, 20, 3.5, 1.5, "#8a5a35"),
];

const art = {
  white_check_mark: tile("#35b779", line("M9 16.5l5 5L23.5 11", "#fff", 4)),
  x: [line("M7 7l18 18M25 7 7 25", "#e0344b", 5.5)],
  hourglass_flowing_sand: glass("M11 9h10c-.5 2.5-4 3.5-4.5 6v5l5.5 3v3H10v-3l5.5-3v-5C15 12.5 11.5 11.5 11 9z"),
  hourglass: glass("M10 26v-3c0-2 3-3 6-5 3 2 6 3 6 5v3z"),
  white_circle: ball("#f4f5f7", "#c5c9d1"),
  black_circle: ball("#30343b", "#1d2025"),
  red_circle: ball("#e5484d", "#c93a40"),
  large_green_circle: ball("#3fb56f", "#2f9a5b"),
  large_yellow_circle: ball("#f5c542", "#dba820"),
  large_blue_circle: ball("#3b82f6", "#2a6ad6"),
  heavy_minus_sign: [rect(5, 13.5, 22, 5, 2.5, "#8b929e")],
  heavy_plus_sign: [rect(5, 13.5, 22, 5, 2.5, "#4b5563"), rect(13.5, 5, 5, 22, 2.5, "#4b5563")],
  heavy_check_mark: [line("M6 17l7 7L26 9", "#35b779", 4.5)],
  warning: [fill("M16 3 30 28H2z", "#f6b73c"), rect(14.4, 11, 3.2, 9, 1.6, "#3a2c07"), disc(16, 23.8, 1.9, "#3a2c07")],
  no_entry: [disc(16, 16, 14, "#d9363e"), rect(7, 13.5, 18, 5, 1.5, "#fff")],
  no_entry_sign: [["circle", { cx: 16, cy: 16, r: 11.5, fill: "none", stroke: "#d9363e", "stroke-width": 4 }], line("M8 8l16 16", "#d9363e", 4)],
  information_source: tile("#3b82f6", disc(16, 9, 2.3, "#fff"), rect(14.2, 13, 3.6, 12, 1.6, "#fff")),
  broom: [line("M25 3 15.5 15", "#9a6b3f", 3), fill("M13 12l6.5 5.5L15 28c-5 1-9-1-11-4 3-2 6-7 9-12z", "#f0b94a"), line("M9 21l-2 3M13 22l-1.5 4M17 18l-6-5", "#b97f1d", 1.6)],
  rocket: [fill("M19 4c5-2 8-1 9-1 0 1 1 4-1 9l-9 10-8-8z", "#dfe5ee"), disc(20.5, 11.5, 3, "#4a7fd6"), fill("M10 14 4 17l5 2zM18 22l-3 6-2-5z", "#d9363e"), fill("M9 20c-3 1-4 4-5 8 4-1 7-2 8-5z", "#f6a13c")],
  eyes: [["ellipse", { cx: 9.5, cy: 16, rx: 6.5, ry: 9, fill: "#eef1f5", stroke: "#a9b1bd" }], ["ellipse", { cx: 22.5, cy: 16, rx: 6.5, ry: 9, fill: "#eef1f5", stroke: "#a9b1bd" }], ["ellipse", { cx: 7.5, cy: 17, rx: 3, ry: 4.5, fill: "#2b2f36" }], ["ellipse", { cx: 20.5, cy: 17, rx: 3, ry: 4.5, fill: "#2b2f36" }]],
  tada: [fill("M4 28 11 11l10 10z", "#f2b233"), line("M15 9c0-3 3-3 2-6M20 12c3-3 4-1 6-5M23 17c3-1 3 1 6 0", "#e0344b", 2.2), disc(25, 5, 1.7, "#3b82f6"), disc(12, 5, 1.7, "#35b779"), disc(28, 23, 1.7, "#8b5cf6")],
  lock: [line("M10.5 14v-4a5.5 5.5 0 0 1 11 0v4", "#8b929e", 3), rect(6, 14, 20, 14, 3, "#f2b233"), disc(16, 20, 2, "#7a5510"), rect(15, 20, 2, 5, 1, "#7a5510")],
  zzz: [line("M4 20h8l-8 8h8M14 11h6.5L14 17.5h6.5M22 4h5l-5 5h5", "#4a7fd6", 2.6)],
  bulb: [disc(16, 13, 9, "#f9d24a"), rect(12, 21, 8, 3, 1, "#f0b52e"), rect(12.5, 24.5, 7, 4, 1.8, "#8b929e")],
  package: [fill("M3 10 16 4l13 6v13l-13 6-13-6z", "#c98f55"), fill("M3 10l13 6 13-6-13-6z", "#e0b07b"), line("M16 16v13", "#8a5a35", 1.5), fill("M13 14.5v6l3 1.5 3-1.5v-6l-3 1.5z", "#f4e3c8")],
  card_file_box: [rect(7, 3, 18, 12, 1.5, "#f4f5f7"), rect(7, 3, 18, 3.5, 1.5, "#e5484d"), rect(5, 8, 22, 10, 1.5, "#fbe7b2"), fill("M2 13h28l-2 15H4z", "#c98f55"), rect(11, 18, 10, 5, 1.5, "#f4e3c8")],
  wastebasket: [fill("M7 9h18l-2 19H9z", "#9aa3af"), rect(5, 6, 22, 3.5, 1.5, "#6b7280"), line("M13 13v11M19 13v11M12 5h8", "#eef1f5", 1.8)],
  link: [line("M14 18l4-4M12.5 13.5 8 18a4.5 4.5 0 0 0 6.4 6.4l4-4.4M19.5 18.5 24 14a4.5 4.5 0 0 0-6.4-6.4l-4 4.4", "#5b7fb5", 3)],
  mag: [disc(13, 13, 9.5, "#8b929e"), disc(13, 13, 7, "#d8ecfa"), line("M20 20l8 8", "#5b6472", 4)],
  stopwatch: [rect(13.5, 1.5, 5, 4, 1, "#6b7280"), disc(16, 18, 12, "#6b7280"), disc(16, 18, 9.5, "#f4f5f7"), line("M16 18V11.5M16 18l4 2.5", "#d9363e", 2)],
  calendar: [rect(3, 5, 26, 24, 4, "#f4f5f7"), fill("M3 12V9a4 4 0 0 1 4-4h18a4 4 0 0 1 4 4v3z", "#d9363e"), line("M9 17h3M15 17h3M21 17h2M9 23h3M15 23h3", "#6b7280", 2.5)],
  arrows_counterclockwise: tile("#3b82f6", line("M9 14a7.5 7.5 0 0 1 13-3l1.5 1.5M23 8v5h-5M23 18a7.5 7.5 0 0 1-13 3L8.5 19.5M9 24v-5h5", "#fff", 2.6)),
  arrow_up: tile("#3b82f6", line("M16 24V9M10 15l6-6 6 6", "#fff", 3.2)),
  arrow_right: tile("#3b82f6", line("M8 16h15M17 10l6 6-6 6", "#fff", 3.2)),
  construction: [rect(3, 9, 26, 9, 1.5, "#f6b73c"), fill("M6 9h5l-4 9H3v-2zM15 9h5l-4 9h-5zM24 9h5v1l-4 8h-5z", "#30343b"), rect(7, 18, 3, 10, 1, "#8b929e"), rect(22, 18, 3, 10, 1, "#8b929e")],
  crescent_moon: [fill("M21 27A13 13 0 1 1 17 3a10.5 10.5 0 0 0 4 24z", "#f2c84b")],
  seedling: [line("M16 29V15", "#4c9a4a", 3), fill("M16 16C16 9 11 5 3 6c0 7 5 11 13 10z", "#5fb85c"), fill("M16 14c0-6 4-9 12-9 0 7-4 10-12 9z", "#78cf72")],
  bell: [fill("M16 3c6 0 8 4.5 8 9s1.5 7 4 10H4c2.5-3 4-5.5 4-10s2-9 8-9z", "#f2b233"), disc(16, 25.5, 3.5, "#d6921b")],
  pause: tile("#3b82f6", rect(10, 9, 4.5, 14, 1.5, "#fff"), rect(17.5, 9, 4.5, 14, 1.5, "#fff")),
  "+1": [fill("M10 14c4-2 5-6 5-9 0-2 4.5-2.5 5 2 .3 2.5-.5 5-1.5 7H26c3 0 3.5 3.5 1.5 4.5 1.5 1.5 1 4-1 4.5 1 1.5.3 3.7-1.5 4 .3 1.8-.8 3-3 3h-8c-2 0-3.5-1-5-2z", "#fbc64b"), rect(3, 13, 7, 15, 2, "#4a7fd6")],
  "-1": [fill("M10 18c4 2 5 6 5 9 0 2 4.5 2.5 5-2 .3-2.5-.5-5-1.5-7H26c3 0 3.5-3.5 1.5-4.5 1.5-1.5 1-4-1-4.5 1-1.5.3-3.7-1.5-4 .3-1.8-.8-3-3-3h-8c-2 0-3.5 1-5 2z", "#fbc64b"), rect(3, 4, 7, 15, 2, "#4a7fd6")],
  heart: [fill("M16 28C6 21 3 16 3 11a6.5 6.5 0 0 1 13-2 6.5 6.5 0 0 1 13 2c0 5-3 10-13 17z", "#e0344b")],
  fire: [fill("M16 2c1 5 9 8 9 17a9 9 0 0 1-18 1c0-4 2-6 3-9 1.5 1.5 2 3 2 4 3-3 5-7 4-13z", "#f6813c"), fill("M16.5 15c.5 3 4 4.5 4 8a4.5 4.5 0 0 1-9 0c0-3 4-4 5-8z", "#fbd14b")],
  wave: [fill("M9 5.5c1.5-1 3 0 3.5 1L17 14l-2-7c0-2 3-2.5 3.5-.5L21 14l.5-6c.3-2 3-1.8 3 .2L25 20c0 6-4 9-8.5 9S9 27 7 23L4 16c-.5-2 2-3 3-1.5l2 3L7.5 8c-.3-1 .5-2 1.5-2.5z", "#fbc64b"), line("M4 8c0-2 1-3.5 2.5-4.5M27.5 26c.8-1 1.5-2.5 1.5-4", "#8b929e", 1.8)],
  stop_sign: [fill("M10.5 2h11L30 10.5v11L21.5 30h-11L2 21.5v-11z", "#d9363e"), rect(7, 13.5, 18, 5, 1.5, "#fff")],
};

// Characters of the names that are known; the drawn ones first.
const chars = {
  white_check_mark: "✅", x: "❌", hourglass_flowing_sand: "⏳", hourglass: "⌛", white_circle: "⚪", black_circle: "⚫", red_circle: "🔴",
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_blue_circle: "🔵", heavy_minus_sign: "➖", heavy_plus_sign: "➕", heavy_check_mark: "✔",
  warning: "⚠", no_entry: "⛔", no_entry_sign: "🚫", information_source: "ℹ", broom: "🧹", rocket: "🚀", eyes: "👀", tada: "🎉", lock: "🔒",
  zzz: "💤", bulb: "💡", package: "📦", card_file_box: "🗃", wastebasket: "🗑", link: "🔗", mag: "🔍", stopwatch: "⏱", calendar: "📅", arrows_counterclockwise: "🔄",
  arrow_up: "⬆", arrow_right: "➡", construction: "🚧", crescent_moon: "🌙", seedling: "🌱", bell: "🔔", pause: "⏸", stop_sign: "🛑",
  "+1": "👍", "-1": "👎", wave: "👋", smile: "😄", heart: "❤", fire: "🔥", gear: "⚙", hammer_and_wrench: "🛠", wrench: "🔧", robot_face: "🤖",
  point_right: "👉", raised_hands: "🙌", pray: "🙏", thinking_face: "🤔", sleeping: "😴", alarm_clock: "⏰", key: "🔑", recycle: "♻", bug: "🐛",
  globe_with_meridians: "🌐", file_cabinet: "🗄", floppy_disk: "💾", memo: "📝", pushpin: "📌", chart_with_upwards_trend: "📈", ghost: "👻",
};

// emojiNames are those that can be chosen: what looks the same everywhere.
export const emojiNames = Object.keys(art);

const aliases = {
  thumbsup: "+1", thumbsdown: "-1", ok: "white_check_mark", heavy_exclamation_mark: "warning", green_circle: "large_green_circle",
  yellow_circle: "large_yellow_circle", double_vertical_bar: "pause", octagonal_sign: "stop_sign", moon: "crescent_moon", clock: "stopwatch",
  date: "calendar", left_right_arrow: "arrows_counterclockwise", trash: "wastebasket", cog: "gear",
};
const names = new Map(Object.entries(chars).map(([name, char]) => [char, name]));

// known gives the proper name behind a name or alias, or undefined.
export function known(name) {
  const base = aliases[name] || name;
  return chars[base] ? base : undefined;
}

// emoji draws one by name; a name nobody knows is shown as :name:.
export function emoji(name) {
  const base = known(name.split("::")[0]);
  if (!base) return document.createTextNode(":" + name + ":");
  return draw(base, chars[base]);
}

function draw(name, char) {
  const parts = art[name];
  if (!parts) return h("span", { class: "emoji", role: "img", "aria-label": name }, char);
  const image = svg("svg", { viewBox: "0 0 32 32", "aria-hidden": "true" }, parts.map(([tag, props]) => svg(tag, props)));
  return h("span", { class: "emoji emoji-drawn", role: "img", "aria-label": name, title: ":" + name + ":" }, image, h("span", { class: "emoji-char" }, char));
}

const pictures = /\p{Extended_Pictographic}\uFE0F?/gu;

// withEmoji splits plain text into text and drawn emoji.
export function withEmoji(text) {
  const out = [];
  let from = 0;
  for (const hit of text.matchAll(pictures)) {
    const name = names.get(hit[0].replace("\uFE0F", ""));
    if (!name || !art[name]) continue;
    out.push(text.slice(from, hit.index), draw(name, hit[0]));
    from = hit.index + hit[0].length;
  }
  out.push(text.slice(from));
  return out.filter((part) => part !== "");
}
