// The left side: channels, the app, and who sits here.

import { h, icon } from "./dom.js";
import { avatar } from "./avatar.js";
import { menu } from "./popover.js";
import { state, visibleChannels, channelTitle } from "./state.js";
import { navigate } from "./navigate.js";

const el = (id) => document.getElementById(id);

export function drawSidebar(switchUser) {
  document.title = (total() ? `(${total()}) ` : "") + state.team;
  el("team").textContent = state.team;
  el("logo").textContent = state.team.slice(0, 1).toUpperCase();
  const list = visibleChannels();
  el("lists").replaceChildren(
    section("Channels", list.filter((c) => !c.im)),
    section("Direct messages", list.filter((c) => c.im)));
  drawAccount(switchUser);
  drawStatus();
}

const total = () => [...state.unread.values()].reduce((a, b) => a + b, 0);

function section(title, channels) {
  return h("section", { class: "side-section" }, h("h2", {}, title), h("ul", {}, channels.map((c) => h("li", {}, entry(c)))));
}

function entry(c) {
  const open = c.id === state.channel;
  const unread = state.unread.get(c.id) || 0;
  const bot = state.users.get(state.bot);
  return h("button", { type: "button", class: "side-item" + (open ? " side-open" : "") + (unread ? " side-unread" : ""), "aria-current": open && "page", data: { channel: c.id },
    onclick: () => navigate({ channel: c.id, tab: c.im && !state.messages.get(c.id)?.size ? "home" : "messages" }) },
    c.im ? avatar(bot, "xs") : icon(c.is_private ? "lock" : "hash"),
    h("span", { class: "side-name" }, channelTitle(c)),
    c.im && h("span", { class: "badge badge-dark" }, "APP"),
    c.is_archived && h("span", { class: "side-note" }, "archived"),
    unread > 0 && h("span", { class: "pill", "aria-label": unread + " unread" }, String(unread)));
}

function drawAccount(switchUser) {
  const button = el("account");
  button.replaceChildren(avatar(state.me, "l"), h("span", { class: "presence" }));
  button.setAttribute("aria-label", "You are " + state.me.real_name + ". Switch person");
  button.title = state.me.real_name;
  button.onclick = () => menu(button, [...state.users.values()].filter((u) => !u.is_bot && !u.deleted).map((u) => ({
    label: u.real_name, hint: "@" + u.name + (u.is_restricted ? " · guest" : u.title ? " · " + u.title : ""), before: avatar(u), chosen: u.id === state.me.id, value: u.name,
    onpick: () => switchUser(u.name),
  })), { role: "menuitemradio", title: "Switch person", class: "popover-account" });
}

export function drawStatus() {
  const words = !state.online ? "Reconnecting…" : state.connections ? state.users.get(state.bot).name + " is connected" : state.users.get(state.bot).name + " is not connected";
  el("status").replaceChildren(h("span", { class: "dot" + (state.online && state.connections ? " dot-on" : "") }), words,
    state.online && state.connections > 1 ? h("span", { class: "side-note" }, "×" + state.connections) : "");
}
