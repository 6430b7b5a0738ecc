// The page: reads the workspace, follows its feed, and draws what changed.

import { h, icon, morphChildren } from "./dom.js";
import { get, post, feed } from "./api.js";
import { avatar } from "./avatar.js";
import { composer } from "./composer.js";
import { drawChannel, drawThread } from "./messages.js";
import { drawSidebar, drawStatus, openDrawer } from "./sidebar.js";
import { readViews, drawHome } from "./views.js";
import { mrkdwn } from "./text.js";
import { openPath } from "./names.js";
import { navigate, onNavigate, onBack, placeIn } from "./navigate.js";
import { state, load, visibleChannels, channelTitle, message } from "./state.js";
import { setClock } from "./time.js";
import { follow } from "./scroll.js";

const el = (id) => document.getElementById(id);
const channelView = follow(el("scroller"), el("messages"));
const threadView = follow(el("thread-scroller"), el("thread-messages"));
let stopFeed = () => {};

async function readWorkspace() {
  const w = await get("workspace");
  setClock(w.now);
  Object.assign(state, { team: w.team, bot: w.bot, groups: w.groups, command: w.command, shortcuts: w.shortcuts || [], connections: w.connections });
  state.users = new Map(w.users.map((u) => [u.id, u]));
  state.channels = new Map(w.channels.map((c) => [c.id, c]));
  if (state.me) state.me = state.users.get(state.me.id);
}

async function readMessages() {
  await Promise.all(visibleChannels().map(async (c) => load(c.id, (await get("messages", { channel: c.id, user: state.me.name })).messages)));
}

// sit makes somebody the person at this page.
async function sit(name) {
  stopFeed();
  const people = [...state.users.values()].filter((u) => !u.is_bot && !u.deleted);
  state.me = people.find((u) => u.name === name) || people[0];
  state.unread = new Map();
  state.notices = [];
  if (!visibleChannels().some((c) => c.id === state.channel)) state.channel = visibleChannels()[0].id;
  await new Promise((ready) => { stopFeed = feed(state.me.name, (e) => onEvent(e).then(ready)); }); // the first word is "open"
  navigate({ channel: state.channel, tab: state.tab });
  drawAll(true);
}

let reading = false;
const waiting = []; // what is told while everything is read

// readAll reads everything anew and then goes through what was told meanwhile, so that nothing falls in between.
async function readAll() {
  reading = true;
  try {
    await readWorkspace();
    await readMessages();
    await readViews();
  } catch {
    // The server is gone again; when the feed is back there is another reading.
  } finally {
    reading = false;
  }
  for (const e of waiting.splice(0)) onEvent(e);
}

async function onEvent(e) {
  if (reading && e.type !== "open" && e.type !== "lost") {
    waiting.push(e);
    return;
  }
  switch (e.type) {
    case "open":
      state.online = true;
      await readAll();
      drawAll(false);
      break;
    case "lost":
      state.online = false;
      drawStatus();
      break;
    case "message": onMessage(e.message); break;
    case "deleted":
      state.messages.get(e.channel)?.delete(e.ts);
      drawMessages();
      break;
    case "notice":
      state.notices.push({ id: ++noticed, channel: e.channel, thread: e.thread_ts || "", after: [...(state.messages.get(e.channel)?.keys() || [])].at(-1) || "", text: e.text });
      drawMessages();
      break;
    case "views":
    case "home": await readViews(); break;
    case "connections":
      state.connections = Number(e.text);
      drawStatus();
      break;
    case "channels":
      await readWorkspace();
      drawAll(false);
      break;
  }
}
let noticed = 0;

function onMessage(m) {
  if (!state.channels.has(m.channel)) return;
  if (!state.messages.has(m.channel)) state.messages.set(m.channel, new Map());
  const isNew = !state.messages.get(m.channel).has(m.ts);
  state.messages.get(m.channel).set(m.ts, m);
  const away = m.channel !== state.channel || document.hidden;
  if (isNew && away && m.user !== state.me.id && (!m.thread_ts || m.broadcast)) {
    state.unread.set(m.channel, (state.unread.get(m.channel) || 0) + 1);
    drawSidebar(sit);
    drawHead();
  }
  if (m.channel === state.channel) drawMessages();
}

function drawMessages() {
  channelView.keep(() => drawChannel(el("messages")));
  if (state.thread) {
    if (!message(state.channel, state.thread)) return navigate({ thread: "" });
    threadView.keep(() => drawThread(el("thread-messages")));
  }
}

function drawAll(moved) {
  drawSidebar(sit);
  drawHead();
  const isHome = state.tab === "home" && state.channels.get(state.channel)?.im;
  el("home").hidden = !isHome;
  el("scroller").hidden = el("composer").hidden = !!isHome;
  if (isHome) drawHome();
  drawComposer();
  openThread();
  drawMessages();
  if (moved) channelView.toEnd();
  if (state.focus) showFocus(state.focus);
}

let fading;

// showFocus brings a message into sight; its light goes out by itself.
function showFocus(ts) {
  const find = (box) => box.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
  (find(el("messages")) || find(el("thread-messages")))?.scrollIntoView({ block: "center" });
  clearTimeout(fading);
  fading = setTimeout(() => { if (state.focus === ts) { state.focus = ""; drawMessages(); } }, 3200);
}

function drawHead() {
  const c = state.channels.get(state.channel);
  const tab = (name, label) => h("button", { type: "button", role: "tab", class: "tab", "aria-selected": String(state.tab === name), onclick: () => showTab(name) }, label);
  const members = [...state.users.values()].filter((u) => u.channels.includes(c.id));
  const unread = [...state.unread].some(([id, n]) => n > 0 && id !== c.id);
  const drawer = h("button", { type: "button", class: "tool drawer-tool" + (unread ? " drawer-unread" : ""), "aria-label": "Channels", onclick: () => openDrawer(true) }, icon("menu"));
  morphChildren(el("head"), [drawer, ...(c.im
    ? [h("h2", { class: "head-title" }, avatar(state.users.get(state.bot), "s"), channelTitle(c), h("span", { class: "badge" }, "APP")), h("div", { class: "tabs", role: "tablist" }, tab("home", "Home"), tab("messages", "Messages"))]
    : [h("h2", { class: "head-title" }, icon(c.is_private ? "lock" : "hash"), channelTitle(c)), h("div", { class: "head-topic" }, mrkdwn(c.topic || "")),
      h("div", { class: "head-members", title: members.map((u) => u.real_name).join(", ") }, members.slice(0, 3).map((u) => avatar(u, "s")), h("span", {}, String(members.length)))])]);
  el("main").classList.toggle("main-app", !!c.im);
}

function showTab(name) {
  navigate({ channel: state.channel, tab: name });
  if (name === "home") post("home", { user: state.me.name, tab: name });
}

function drawComposer() {
  const c = state.channels.get(state.channel);
  mount(el("composer"), "in-" + state.me.id + c.id + c.is_archived, (key) => composer({
    key, channel: c.id, placeholder: "Message " + (c.im ? "" : "#") + channelTitle(c), disabled: c.is_archived && "This channel is archived. Nobody can write here." }));
}

function mount(box, key, make) {
  if (box.key === key) return;
  box.key = key;
  box.replaceChildren(make(key));
}

function openThread() {
  const box = el("thread");
  const wasHidden = box.hidden;
  box.hidden = !state.thread;
  el("app").classList.toggle("with-thread", !!state.thread);
  if (!state.thread) return;
  const c = state.channels.get(state.channel);
  const close = (name) => h("button", { type: "button", class: "tool thread-" + name, "aria-label": "Close thread", title: "Close", onclick: () => navigate({ thread: "" }) }, icon(name));
  morphChildren(el("thread-head"), [close("back"), h("h2", { class: "head-title" }, "Thread"), h("div", { class: "head-topic" }, (c.im ? "" : "#") + channelTitle(c)), close("close")]);
  mount(el("thread-composer"), "in-" + state.me.id + c.id + state.thread, (key) => composer({ key, channel: c.id, thread: state.thread, placeholder: "Reply…" }));
  if (wasHidden) queueMicrotask(() => threadView.toEnd());
}

onNavigate((moved) => {
  openDrawer(false);
  if (moved && state.tab === "home") post("home", { user: state.me.name, tab: "home" });
  drawAll(moved);
});
await readWorkspace();
const start = new URL(location.href);
placeIn(start, (id) => state.channels.has(id));
onBack((id) => visibleChannels().some((c) => c.id === id));
await sit(start.searchParams.get("as"));
openPath(start);
if (state.tab === "home") post("home", { user: state.me.name, tab: "home" });
document.addEventListener("visibilitychange", () => { if (!document.hidden && state.unread.delete(state.channel)) drawSidebar(sit); });
document.body.dataset.ready = "true";
