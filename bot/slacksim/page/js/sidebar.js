// The left side: channels, the app, and who sits here.

import { h, icon, morphChildren } from "./dom.js";
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
  morphChildren(el("lists"), [
    section("Channels", list.filter((c) => !c.im)),
    section("Apps", list.filter((c) => c.im))]);
  drawAccount(switchUser);
  drawTheme();
  el("app").classList.toggle("has-unread", total() > 0);
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
  morphChildren(button, [avatar(state.me, "l"), h("span", { class: "presence" })]);
  button.setAttribute("aria-label", "You are " + state.me.real_name + ". Switch person");
  button.title = state.me.real_name;
  button.onclick = () => menu(button, [...state.users.values()].filter((u) => !u.is_bot && !u.deleted).map((u) => ({
    label: u.real_name, hint: "@" + u.name + (u.is_restricted ? " · guest" : u.title ? " · " + u.title : ""), before: avatar(u), chosen: u.id === state.me.id, value: u.name,
    onpick: () => switchUser(u.name),
  })), { role: "menuitemradio", title: "Switch person", class: "popover-account" });
}

const themes = [["", "As the system has it"], ["light", "Light"], ["dark", "Dark"]];

function drawTheme() {
  const button = el("theme");
  const dark = theme.get() === "dark" || (!theme.get() && matchMedia("(prefers-color-scheme: dark)").matches);
  morphChildren(button, [icon(dark ? "moon" : "sun")]);
  button.title = "Light or dark";
  button.setAttribute("aria-label", "Light or dark");
  button.onclick = () => menu(button, themes.map(([value, label]) => ({
    label, value, chosen: theme.get() === value, onpick: () => { theme.set(value); drawTheme(); },
  })), { role: "menuitemradio", title: "Appearance" });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawTheme);

// The drawer is the left side on narrow screens.
export function openDrawer(open) {
  el("app").classList.toggle("drawer-open", open);
  if (open) el("lists").querySelector("[aria-current]")?.focus();
}
el("veil").addEventListener("click", () => openDrawer(false));
document.addEventListener("keydown", (e) => { if (e.key === "Escape") openDrawer(false); });

export function drawStatus() {
  const words = !state.online ? "Reconnecting…" : state.connections ? state.users.get(state.bot).name + " is connected" : state.users.get(state.bot).name + " is not connected";
  morphChildren(el("status"), [h("span", { class: "dot" + (state.online && state.connections ? " dot-on" : "") }), h("span", {}, words),
    h("span", { class: "side-note" }, state.online && state.connections > 1 ? "×" + state.connections : "")]);
}
