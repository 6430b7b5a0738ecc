// Views of the app: the Home tab and modals.

import { h, icon, morphChildren } from "./dom.js";
import { blocks } from "./blocks.js";
import { plain } from "./text.js";
import { get, post } from "./api.js";
import { toast } from "./dialogs.js";
import { closePopover } from "./popover.js";
import { state } from "./state.js";

// readViews fetches what the app shows this person and draws it.
export async function readViews() {
  const out = await get("views", { user: state.me.name });
  state.home = out.home;
  state.modals = out.modals;
  drawHome();
  drawModal();
}

const homeForm = new Map(); // what is chosen there

export function drawHome() {
  const box = document.getElementById("home");
  const mark = state.me.id + (state.home ? state.home.id + state.home.hash : "");
  if (box.mark === mark) return;
  box.mark = mark;
  const bot = state.users.get(state.bot).name;
  morphChildren(box, [h("div", { class: "home-body" }, state.home
    ? blocks(state.home.blocks, { view: state.home.id, form: homeForm })
    : h("div", { class: "home-empty" }, icon("home"), h("h2", {}, "Nothing here yet"), h("p", {}, bot + " has not published a Home tab for you.")))]);
}

let shown = null; // {id, hash, dialog, form, faults}

// drawModal shows the top modal. An update keeps what was typed where block and action stay the same.
export function drawModal() {
  const view = state.modals.at(-1);
  if (shown && (!view || shown.id !== view.id)) {
    closePopover();
    shown.dialog.close();
    shown.dialog.remove();
    shown = null;
  }
  if (!view || (shown && shown.hash === view.hash)) return;
  const fresh = !shown;
  if (fresh) {
    const dialog = h("dialog", { class: "dialog dialog-view", "aria-labelledby": "view-title", oncancel: (e) => { e.preventDefault(); close(); } });
    shown = { id: view.id, dialog, form: new Map(), faults: {} };
    document.body.append(dialog);
    dialog.showModal();
  }
  shown.hash = view.hash;
  shown.faults = {};
  fill(view);
  if (fresh) (shown.dialog.querySelector("[data-autofocus]") || shown.dialog.querySelector(".dialog-body input,.dialog-body textarea,.dialog-body button"))?.focus();
}

function fill(view) {
  const bot = state.users.get(state.bot).name;
  const place = { view: view.id, form: shown.form, faults: shown.faults, channel: state.channel };
  const submit = h("button", { type: "submit", class: "btn btn-large btn-primary" }, view.submit ? plain(view.submit.text) : "");
  morphChildren(shown.dialog, [h("form", { novalidate: true, onsubmit: (e) => { e.preventDefault(); send(e.currentTarget.querySelector("[type=submit]")); } },
    h("header", { class: "dialog-head" }, h("h2", { class: "dialog-title", id: "view-title" }, plain(view.title.text)), h("span", { class: "dialog-from" }, bot),
      h("button", { type: "button", class: "tool", "aria-label": "Close", onclick: close }, icon("close"))),
    h("div", { class: "dialog-body" }, blocks(view.blocks, place)),
    h("footer", { class: "dialog-foot" },
      h("button", { type: "button", class: "btn btn-large", onclick: close }, view.close ? plain(view.close.text) : view.submit ? "Cancel" : "Close"), view.submit && submit))]);
}

async function close() {
  try {
    await post("close", { user: state.me.name, view_id: shown.id });
  } catch (e) {
    toast(e.message);
  }
}

async function send(button) {
  const values = {};
  for (const [key, kept] of shown.form) {
    const [block, action] = key.split("\n");
    const value = kept && typeof kept === "object" && !Array.isArray(kept) ? kept.value : kept;
    (values[block] ||= {})[action] = value;
  }
  button.disabled = true;
  button.classList.add("busy");
  try {
    const out = await post("submit", { user: state.me.name, view_id: shown.id, values });
    if (!out.ok) toast(out.shown || out.error);
    else if (out.errors && shown) {
      shown.faults = out.errors;
      const view = state.modals.at(-1);
      fill(view);
      shown.dialog.querySelector("[aria-invalid]")?.focus();
    }
  } catch (e) {
    toast(e.message);
  } finally {
    button.disabled = false;
    button.classList.remove("busy");
  }
}
