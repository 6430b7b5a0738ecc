// Selects: a button that shows what is chosen and opens a list; with search where the list is long or comes from the app.

import { h, icon } from "./dom.js";
import { plain } from "./text.js";
import { popover, closePopover } from "./popover.js";
import { post } from "./api.js";
import { state, visibleChannels } from "./state.js";

const plainOption = (group) => (o) => ({ value: o.value, label: o.text.text, hint: o.description?.text, group });
const optionsOf = (e) => [...(e.options || []).map(plainOption("")), ...(e.option_groups || []).flatMap((g) => g.options.map(plainOption(g.label.text)))];
const people = () => [...state.users.values()].filter((u) => !u.is_bot && !u.deleted).map((u) => ({ value: u.id, label: u.real_name, hint: "@" + u.name }));

function channels(e) {
  const f = e.filter || {};
  const kind = (c) => (c.im ? "im" : c.is_private ? "private" : "public");
  return visibleChannels()
    .filter((c) => !(c.im && f.exclude_bot_users) && !(c.is_ext_shared && f.exclude_external_shared_channels) && (!f.include || f.include.includes(kind(c))))
    .map((c) => ({ value: c.id, label: c.im ? state.users.get(state.bot).name : "#" + c.name }));
}

const initial = (e) => {
  const first = e.initial_options || [e.initial_option].filter(Boolean);
  if (first.length) return first.map((o) => ({ value: o.value, label: o.text.text }));
  return [];
};

const idsOf = (list, ids) => list.filter((o) => ids.includes(o.value));

export const pickers = {};
const kind = (name, list, start) => {
  pickers[name] = (e, at) => picker(e, at, list, start, false);
  pickers["multi_" + name] = (e, at) => picker(e, at, list, start, true);
};

kind("static_select", (e) => optionsOf(e), initial);
kind("external_select", null, initial);
kind("users_select", () => people(), (e) => idsOf(people(), [e.initial_user, ...(e.initial_users || [])]));
kind("channels_select", (e) => channels({ ...e, filter: { include: ["public"] } }), (e) => idsOf(channels(e), [e.initial_channel, ...(e.initial_channels || [])]));
kind("conversations_select", channels, (e, at) => idsOf(channels(e), [
  e.initial_conversation || (e.default_to_current_conversation && at.place.channel), ...(e.initial_conversations || [])]));

function picker(e, at, list, start, many) {
  let chosen = at.get()?.chosen ?? start(e, at);
  const face = h("span", { class: "picker-face" });
  const node = h("button", { type: "button", class: "picker" + (at.inForm ? " picker-wide" : ""), "aria-haspopup": "listbox", "aria-expanded": "false",
    onclick: () => openList() }, face, icon("caret"));
  if (e.focus_on_load) node.dataset.autofocus = "";
  const keep = () => at.set({ chosen, value: many ? chosen.map((o) => o.value) : chosen[0]?.value ?? null });
  const paint = () => {
    face.replaceChildren(...(chosen.length ? plain(chosen.map((o) => o.label).join(", ")) : [h("span", { class: "picker-empty" }, e.placeholder?.text || "Select an option")]));
  };
  const pick = (o) => {
    if (many) chosen = chosen.some((c) => c.value === o.value) ? chosen.filter((c) => c.value !== o.value) : [...chosen, o];
    else chosen = [o];
    keep();
    paint();
    if (!many) { closePopover(); node.focus(); }
    at.send(many ? chosen.map((c) => c.value) : o.value, node);
  };
  function openList() {
    const found = list ? async (query) => list(e).filter((o) => o.label.toLowerCase().includes(query.toLowerCase())) : (query) => suggest(e, at, query);
    searchList(node, found, { search: !list || list(e).length > 8, least: list ? 0 : e.min_query_length ?? 3, isChosen: (o) => chosen.some((c) => c.value === o.value), pick });
  }
  paint();
  keep();
  return node;
}

async function suggest(e, at, query) {
  const where = at.place.view ? { view_id: at.place.view } : { channel: at.place.channel, ts: at.place.ts };
  const out = await post("suggest", { user: state.me.name, ...where, action_id: e.action_id, block_id: at.block, query });
  if (!out.ok) throw new Error(out.shown || out.error);
  return out.options.map((o) => ({ value: o.value, label: o.text, hint: o.hint, group: o.group }));
}

// searchList opens the list under an anchor; found is asked again for every query, and only the last answer counts.
function searchList(anchor, found, { search, least, isChosen, pick }) {
  const rows = h("div", { role: "listbox", class: "menu" });
  const query = h("input", { class: "field menu-search", type: "text", placeholder: "Search", "aria-label": "Search", autocomplete: "off", spellcheck: "false" });
  const box = popover(anchor, [search && query, rows], { class: "popover-list" });
  box.style.minWidth = anchor.offsetWidth + "px";
  const say = (words) => rows.replaceChildren(h("div", { class: "menu-empty" }, words));
  let asked = 0;
  const refresh = async () => {
    const mine = ++asked;
    if (query.value.length < least) return say("Keep typing…");
    const wait = setTimeout(() => mine === asked && say("Loading…"), 120);
    try {
      const options = await found(query.value);
      if (mine === asked) show(options);
    } catch (e) {
      if (mine === asked) say(e.message);
    } finally {
      clearTimeout(wait);
    }
  };
  const show = (options) => {
    if (!options.length) return say("No results");
    rows.replaceChildren(...options.flatMap((o, i) => [o.group && o.group !== options[i - 1]?.group && h("div", { class: "menu-title", role: "presentation" }, plain(o.group)), h("button", { type: "button", role: "option", class: "menu-item", "aria-selected": String(isChosen(o)), data: { value: o.value },
      onclick: () => { pick(o); if (box.isConnected) refresh(); } },
      h("span", { class: "menu-label" }, plain(o.label), o.hint && h("span", { class: "menu-hint" }, o.hint)), isChosen(o) && h("span", { class: "menu-check" }, "✓"))]).filter(Boolean));
    if (!search) (rows.querySelector("[aria-selected=true]") || rows.querySelector("[role=option]")).focus();
  };
  let typing;
  query.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(refresh, 150); });
  query.addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); rows.querySelector("[role=option]")?.click(); } });
  if (search) query.focus();
  refresh();
}
