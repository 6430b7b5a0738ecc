// The list of messages: of a channel, and of a thread.

import { h, icon, sync } from "./dom.js";
import { avatar } from "./avatar.js";
import { blocks } from "./blocks.js";
import { emoji } from "./emoji.js";
import { pickEmoji } from "./emojipicker.js";
import { mrkdwn } from "./text.js";
import { post } from "./api.js";
import { menu } from "./popover.js";
import { toast } from "./dialogs.js";
import { navigate } from "./navigate.js";
import { state, topLevel, repliesTo, message, channelTitle } from "./state.js";
import { clockTime, fullTime, dayKey, dayName, lastReply } from "./time.js";

const together = 300; // seconds within which a person's messages stand under one name

// drawChannel shows the open channel.
export function drawChannel(list) {
  const items = [];
  let previous = null;
  let day = null;
  for (const m of topLevel(state.channel)) {
    if (dayKey(m.ts) !== day) {
      day = dayKey(m.ts);
      items.push(separator(m.ts));
      previous = null;
    }
    items.push(row(m, { compact: follows(previous, m), inChannel: true }));
    items.push(...notices(state.channel, "", m.ts));
    previous = m;
  }
  items.push(...notices(state.channel, "", ""));
  if (!items.length) items.push(nothing());
  sync(list, items);
}

// drawThread shows a parent and its replies.
export function drawThread(list) {
  const parent = message(state.channel, state.thread);
  const replies = repliesTo(state.channel, state.thread);
  const items = [];
  if (parent) items.push(row(parent, { compact: false }));
  const count = replies.filter((m) => !m.ephemeral).length;
  if (count) items.push({ key: "count", mark: String(count), make: () => h("div", { class: "thread-count" }, count === 1 ? "1 reply" : count + " replies") });
  let previous = null;
  for (const m of replies) {
    items.push(row(m, { compact: follows(previous, m) }));
    previous = m;
  }
  sync(list, [...items, ...notices(state.channel, state.thread, null)]);
}

function follows(a, b) {
  return a && a.user === b.user && !a.blocks && !b.blocks && !a.ephemeral && !b.ephemeral && !b.broadcast && !a.broadcast && parseFloat(b.ts) - parseFloat(a.ts) < together;
}

function nothing() {
  const c = state.channels.get(state.channel);
  const words = c.im ? "This is your conversation with " + channelTitle(c) + "." : "Nothing has been said in #" + c.name + " yet.";
  return { key: "nothing", mark: words, make: () => h("div", { class: "msg-nothing" }, h("span", { class: "nothing-sign" }, icon(c.im ? "bolt" : c.is_private ? "lock" : "hash")), h("p", {}, words)) };
}

function separator(ts) {
  const name = dayName(ts);
  return { key: "day-" + dayKey(ts), mark: name, make: () => h("div", { class: "day", role: "separator" }, h("span", {}, name)) };
}

// notices are the lines that Slack itself says to one person, after the message that was last when they came.
function notices(channel, thread, after) {
  return state.notices.filter((n) => n.channel === channel && n.thread === thread && (after === null || n.after === after)).map((n) => ({
    key: "notice-" + n.id, mark: n.text,
    make: () => h("div", { class: "msg msg-notice", role: "status" },
      h("div", { class: "msg-gutter" }, h("span", { class: "notice-sign" }, icon("warning"))),
      h("div", { class: "msg-main" }, h("div", { class: "only-you" }, icon("eye"), "Only visible to you"), h("div", { class: "msg-text" }, n.text))),
  }));
}

function row(m, how) {
  const replies = how.inChannel && !m.thread_ts ? repliesTo(m.channel, m.ts).filter((r) => !r.ephemeral) : [];
  const last = replies.at(-1);
  const lit = state.focus === m.ts;
  const mark = JSON.stringify([m, how, replies.length, last?.ts, [...new Set(replies.map((r) => r.user))], lit, state.me.id, last && dayName(last.ts)]);
  return { key: m.ts, mark, make: () => render(m, how, replies, lit) };
}

function render(m, how, replies, lit) {
  const author = state.users.get(m.user) || { id: m.user, name: m.user_name, real_name: m.user_name };
  const classes = ["msg", how.compact && "msg-compact", m.ephemeral && "msg-ephemeral", lit && "msg-lit"].filter(Boolean).join(" ");
  const time = h("time", { class: "msg-time", title: fullTime(m.ts) }, clockTime(m.ts));
  return h("article", { class: classes, data: { ts: m.ts }, "aria-label": "Message of " + author.name },
    m.ephemeral && h("div", { class: "only-you" }, icon("eye"), "Only visible to you"),
    m.broadcast && h("div", { class: "only-you" }, icon("reply"), how.inChannel ? threadLink(m) : "Also sent to the channel"),
    h("div", { class: "msg-gutter" }, how.compact ? time : avatar(author)),
    h("div", { class: "msg-main" },
      !how.compact && h("div", { class: "msg-head" },
        h("span", { class: "msg-name" }, author.is_bot ? author.name : author.real_name),
        author.is_bot && h("span", { class: "badge" }, "APP"), time),
      body(m),
      files(m),
      reactions(m),
      replies.length > 0 && replyBar(m, replies),
      m.ephemeral && h("button", { class: "link-button dismiss", type: "button", onclick: () => send("dismiss", m) }, "Dismiss")),
    !m.ephemeral && tools(m, how));
}

function threadLink(m) {
  const parent = message(m.channel, m.thread_ts);
  const words = parent ? parent.text.replace(/<[^|>]*\|?([^>]*)>/g, "$1").replace(/[*_~`]/g, "").slice(0, 60) : "a thread";
  return [h("span", {}, "replied to a thread: "), h("button", { class: "link-button", type: "button", onclick: () => navigate({ thread: m.thread_ts }) }, words)];
}

function body(m) {
  const edited = m.edits > 0 && h("span", { class: "edited", title: m.edits === 1 ? "Edited once" : "Edited " + m.edits + " times" }, "(edited)");
  if (!m.blocks && !m.text) return null;
  if (!m.blocks) return h("div", { class: "msg-text" }, mrkdwn(m.text), edited && [" ", edited]);
  return h("div", { class: "msg-blocks" }, blocks(m.blocks, { channel: m.channel, ts: m.ts }), edited);
}

// here finds the message as it is now: what was drawn may be older.
const here = (m) => message(m.channel, m.ts) || m;
const mine = (m, name) => !!here(m).reactions?.find((r) => r.name === name)?.users.includes(state.me.id);
const toggle = (m, name) => send("react", m, { name, remove: mine(m, name) });

function reactions(m) {
  if (!m.reactions?.length) return null;
  const more = h("button", { class: "reaction reaction-more", type: "button", title: "Add reaction", "aria-label": "Add reaction", onclick: (e) => pickEmoji(e.currentTarget, (name) => toggle(m, name)) }, icon("smile"));
  return h("div", { class: "reactions" }, m.reactions.map((r) => reaction(m, r)), more);
}

function reaction(m, r) {
  const chosen = r.users.includes(state.me.id);
  const who = r.users.map((id) => state.users.get(id)?.name || id).join(", ");
  return h("button", { class: "reaction" + (chosen ? " reaction-mine" : ""), type: "button", title: who + " reacted with :" + r.name + ":", "aria-pressed": String(chosen),
    onclick: () => toggle(m, r.name) }, emoji(r.name), h("span", {}, String(r.users.length)));
}

function files(m) {
  return m.files?.length > 0 && h("div", { class: "files" }, m.files.map((f) => h("a", { class: "file", href: f.path, target: "_blank", rel: "noopener noreferrer" },
    f.mimetype.startsWith("image/") && f.mimetype !== "image/svg+xml" ? h("img", { class: "file-image", src: f.path, alt: f.title })
      : [h("span", { class: "file-sign" }, icon("file")), h("span", { class: "file-words" }, h("strong", {}, f.title), h("span", { class: "file-note" }, f.name + " · " + size(f.size)))])));
}

const size = (bytes) => (bytes < 1000 ? bytes + " B" : bytes < 1e6 ? Math.round(bytes / 1000) + " kB" : (bytes / 1e6).toFixed(1) + " MB");

function replyBar(m, replies) {
  const who = [...new Set(replies.map((r) => r.user))].slice(0, 4).map((id) => state.users.get(id)).filter(Boolean);
  return h("button", { class: "reply-bar", type: "button", onclick: () => navigate({ thread: m.ts }) },
    who.map((u) => avatar(u, "s")),
    h("span", { class: "reply-count" }, replies.length === 1 ? "1 reply" : replies.length + " replies"),
    h("span", { class: "reply-last" }, "last reply " + lastReply(replies.at(-1).ts)));
}

// tools are what appears over a message under the pointer.
function tools(m, how) {
  const tool = (name, label, onclick, more) => h("button", { type: "button", class: "tool", title: label, "aria-label": label, onclick, ...more }, typeof name === "string" ? icon(name) : name);
  const inThread = () => navigate({ thread: m.thread_ts || m.ts });
  const node = h("div", { class: "tools", role: "toolbar", "aria-label": "Message actions" },
    tool(emoji("white_check_mark"), "React with :white_check_mark:", () => toggle(m, "white_check_mark"), { "data-quick": "" }),
    tool(emoji("eyes"), "React with :eyes:", () => toggle(m, "eyes"), { "data-quick": "" }),
    tool("smile", "Add reaction", (e) => pickEmoji(e.currentTarget, (name) => toggle(m, name)), { "data-quick": "" }),
    how.inChannel && tool("reply", "Reply in thread", inThread, { "data-quick": "" }),
    tool("dots", "More actions", (e) => moreMenu(e.currentTarget, m, how, inThread), { "aria-haspopup": "menu", class: "tool tool-more" }));
  node.island = JSON.stringify([m.ts, how.inChannel, state.shortcuts]);
  return node;
}

function moreMenu(anchor, m, how, inThread) {
  const bot = state.users.get(state.bot);
  const shortcuts = state.shortcuts.filter((s) => s.type === "message");
  menu(anchor, [
    { label: "Add reaction…", before: icon("smile"), onpick: () => pickEmoji(anchor, (name) => toggle(m, name)) },
    how.inChannel && { label: "Reply in thread", before: icon("reply"), onpick: inThread },
    { label: "Copy link", before: icon("link"), onpick: () => copyLink(m) },
    ...shortcuts.map((s, i) => ({ title: i === 0 && "More message shortcuts", label: s.name, hint: s.description || bot.name, before: avatar(bot, "s"), value: s.callback_id, onpick: () => send("shortcut", m, { callback_id: s.callback_id }) })),
  ].filter(Boolean), { align: "end" });
}

function copyLink(m) {
  const url = location.origin + "/archives/" + m.channel + "/p" + m.ts.replace(".", "") + (m.thread_ts ? "?thread_ts=" + m.thread_ts + "&cid=" + m.channel : "");
  const copied = navigator.clipboard ? navigator.clipboard.writeText(url) : Promise.reject(new Error("no clipboard"));
  copied.then(() => toast("Link copied"), () => toast(url));
}

async function send(what, m, more) {
  try {
    const out = await post(what, { user: state.me.name, channel: m.channel, ts: m.ts, ...more });
    if (!out.ok && what === "shortcut") toast(out.shown || out.error);
  } catch (e) {
    toast(e.message);
  }
}
