// rich_text: nothing in it is parsed, every piece says what it is.

import { h } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { user, channel, group, date, link } from "./text.js";

export function richText(elements) {
  return elements.map((e) => {
    switch (e.type) {
      case "rich_text_section": return h("div", { class: "r-section" }, pieces(e.elements));
      case "rich_text_quote": return h("blockquote", { class: "quote" }, pieces(e.elements));
      case "rich_text_preformatted": return h("pre", { class: "pre" }, pieces(e.elements));
      case "rich_text_list": return list(e);
      default: return h("div", { class: "b-unknown" }, "This text cannot be shown: " + e.type);
    }
  });
}

function list(e) {
  const indent = e.indent || 0;
  const node = h(e.style === "ordered" ? "ol" : "ul", { class: "r-list r-indent-" + (indent % 3), start: e.offset ? e.offset + 1 : null },
    e.elements.map((item) => h("li", {}, pieces(item.elements))));
  node.style.marginLeft = indent * 24 + "px";
  return node;
}

function pieces(elements) {
  return elements.map((e) => styled(piece(e), e.style || {}));
}

function piece(e) {
  switch (e.type) {
    case "text": return e.style?.code ? [e.text] : withLines(e.text);
    case "link": return [link(e.url, [e.text || e.url])];
    case "emoji": return [emoji(e.name)];
    case "user": return [user(e.user_id)];
    case "channel": return [channel(e.channel_id)];
    case "usergroup": return [group(e.usergroup_id)];
    case "broadcast": return [h("span", { class: "mention" }, "@" + e.range)];
    case "date": return [date(e.timestamp, e.format, e.fallback, e.url)];
    case "color": return [swatch(e.value), e.value];
    default: return [];
  }
}

function withLines(text) {
  return text.split("\n").flatMap((line, i) => (i ? ["\n", ...withEmoji(line)] : withEmoji(line)));
}

function swatch(value) {
  const box = h("span", { class: "swatch" });
  box.style.backgroundColor = value;
  return box;
}

const tags = { code: "code", strike: "s", italic: "em", bold: "strong", underline: "u" };

function styled(nodes, style) {
  for (const [name, tag] of Object.entries(tags)) if (style[name]) nodes = [h(tag, {}, nodes)];
  return nodes;
}
