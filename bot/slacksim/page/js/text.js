// Slack's mrkdwn, and plain text with emoji, as elements.

import { h } from "./dom.js";
import { emoji, known, withEmoji } from "./emoji.js";
import { slackDate, fullTime } from "./time.js";
import { nameOfUser, nameOfChannel, nameOfGroup, isMe, openChannel, openLink } from "./names.js";

const unescape = (s) => s.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

// mrkdwn gives the elements for a text in Slack's markup.
export function mrkdwn(text) {
  const out = [];
  const fence = /```\n?([\s\S]*?)\n?```/g;
  let from = 0;
  for (const hit of text.matchAll(fence)) {
    out.push(...lines(text.slice(from, hit.index).replace(/\n$/, "")), h("pre", { class: "pre" }, codeText(hit[1])));
    from = hit.index + hit[0].length;
  }
  out.push(...lines(from ? text.slice(from).replace(/^\n/, "") : text));
  return out;
}

// lines handles quotes and line breaks.
function lines(text) {
  if (text === "") return [];
  const out = [];
  let quote = null;
  let fresh = true;
  for (const line of text.split("\n")) {
    const quoted = line.match(/^(?:&gt;|>)\s?(.*)$/);
    if (quoted) {
      if (quote) quote.append(h("br"));
      else out.push((quote = h("blockquote", { class: "quote" })));
      quote.append(...inline(quoted[1]));
      fresh = true;
      continue;
    }
    if (!fresh) out.push(h("br"));
    quote = null;
    fresh = false;
    out.push(...inline(line));
  }
  return out;
}

const before = "(^|[\\s(\\[{\"'.,:;/_*~·–—-])";
const after = "(?=$|[\\s)\\]}\"'.,:;!?/_*~·–—-])";
const span = (mark) => new RegExp(`${before}\\${mark}(?!\\s)([^\\${mark}\\n]*[^\\s\\${mark}])\\${mark}${after}`);

const rules = [
  { find: /`([^`\n]+)`/u, make: (m) => h("code", {}, codeText(m[1])) },
  { find: /<([^<>\n]+)>/u, make: (m) => reference(m[1]) },
  { find: span("*"), lead: true, make: (m) => h("strong", {}, inline(m[2])) },
  { find: span("_"), lead: true, make: (m) => h("em", {}, inline(m[2])) },
  { find: span("~"), lead: true, make: (m) => h("s", {}, inline(m[2])) },
  { find: /:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/u, when: (m) => known(m[1].split("::")[0]), make: (m) => emoji(m[1]) },
];

function inline(text) {
  const out = [];
  while (text !== "") {
    let best = null;
    for (const rule of rules) {
      const m = rule.find.exec(text);
      if (!m || (rule.when && !rule.when(m))) continue;
      const at = m.index + (rule.lead ? m[1].length : 0);
      if (!best || at < best.at) best = { at, m, rule };
    }
    if (!best) return [...out, ...withEmoji(unescape(text))];
    out.push(...withEmoji(unescape(text.slice(0, best.at))), best.rule.make(best.m));
    text = text.slice(best.m.index + best.m[0].length);
  }
  return out;
}

// codeText is the inside of code: only references and entities mean something there.
function codeText(text) {
  return unescape(text.replace(/<((?:[a-z]+:|[@#!])[^<>|\n]+)(?:\|([^<>\n]*))?>/gi, (all, target, label) => label || target));
}

// reference is what stands between angle brackets.
function reference(inside) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : inside.slice(bar + 1);
  if (target.startsWith("@")) return user(target.slice(1), label);
  if (target.startsWith("#")) return channel(target.slice(1), label);
  if (target.startsWith("!")) return special(target.slice(1), label);
  if (!/^[a-z]+:/i.test(target)) return document.createTextNode("<" + unescape(inside) + ">");
  return link(unescape(target), label ? inlineLabel(label) : null);
}

const inlineLabel = (label) => withEmoji(unescape(label));

function special(command, label) {
  const [name, ...rest] = command.split("^");
  if (name === "date") return date(rest[0], rest[1] || "", label, rest[2]);
  if (name === "subteam") return h("span", { class: "mention" }, "@" + (nameOfGroup(rest[0]) || label.replace(/^@/, "") || rest[0]));
  return h("span", { class: "mention" }, "@" + (label || name));
}

export function user(id, label) {
  const name = nameOfUser(id) || label || id;
  return h("span", { class: isMe(id) ? "mention mention-me" : "mention", data: { user: id } }, "@" + name);
}

export function channel(id, label) {
  return h("a", { class: "mention", href: "#" + id, onclick: (e) => { e.preventDefault(); openChannel(id); } }, "#" + (nameOfChannel(id) || label || id));
}

export function group(id) {
  return h("span", { class: "mention" }, "@" + (nameOfGroup(id) || id));
}

export function date(seconds, pattern, fallback, url) {
  const text = slackDate(seconds, unescape(pattern), unescape(fallback || ""));
  const time = h("time", { title: fullTime(seconds), datetime: isoOf(seconds) }, text);
  return url ? link(url, [time]) : time;
}

function isoOf(seconds) {
  const at = new Date(Number(seconds) * 1000);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

// link leads out in a new tab; links to this workspace's own messages are followed here.
export function link(url, label) {
  if (!/^(https?:|mailto:|tel:)/i.test(url)) return h("span", {}, label || url);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", onclick: (e) => { if (openLink(url)) e.preventDefault(); } }, label || url.replace(/^mailto:/, ""));
}

// text renders a Block Kit text object.
export function text(object) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text) : plain(object.text);
}

// plain renders plain_text: :names: and line breaks only.
export function plain(string) {
  const out = [];
  string.split("\n").forEach((line, i) => {
    if (i) out.push(h("br"));
    let from = 0;
    for (const m of line.matchAll(/:([a-z0-9_+-]+):/g)) {
      if (!known(m[1])) continue;
      out.push(...withEmoji(unescape(line.slice(from, m.index))), emoji(m[1]));
      from = m.index + m[0].length;
    }
    out.push(...withEmoji(unescape(line.slice(from))));
  });
  return out;
}
