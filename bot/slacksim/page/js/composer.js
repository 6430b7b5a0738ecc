// Where people type: a message, or a slash command with its suggestion.

import { h, icon } from "./dom.js";
import { post } from "./api.js";
import { avatar } from "./avatar.js";
import { menu } from "./popover.js";
import { toast } from "./dialogs.js";
import { state, visibleChannels } from "./state.js";

const drafts = new Map();

// composer makes a box for one place: a channel, or a thread in it.
export function composer({ key, placeholder, channel, thread, disabled }) {
  if (disabled) return h("div", { class: "composer-closed" }, disabled);
  const input = h("textarea", { rows: 1, placeholder, "aria-label": placeholder, "aria-autocomplete": "list", spellcheck: "true" });
  const go = h("button", { type: "button", class: "send", "aria-label": "Send", title: "Send", disabled: true, onclick: () => submit() }, icon("send"));
  const hints = h("div", { class: "suggest", role: "listbox", "aria-label": "Suggestions", hidden: true });
  let chosen = 0;
  let offers = [];

  const changed = () => {
    drafts.set(key, input.value);
    go.disabled = input.value.trim() === "";
    input.style.height = "auto";
    input.style.height = Math.min(input.scrollHeight, 220) + "px";
    offers = offersFor(input);
    chosen = 0;
    paint();
  };
  const paint = () => {
    hints.hidden = !offers.length;
    hints.replaceChildren(...(offers.length ? [h("div", { class: "suggest-title" }, offers[0].title)] : []), ...offers.map((o, i) => h("button", {
      type: "button", role: "option", class: "suggest-item", tabindex: -1, "aria-selected": String(i === chosen && !!o.take),
      onmousedown: (e) => e.preventDefault(), onclick: () => take(o),
    }, o.face)));
  };
  const take = (o) => { if (!o.take) return; o.take(); input.focus(); changed(); };

  async function submit() {
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    changed();
    const said = { user: state.me.name, channel, text, thread_ts: thread || "" };
    try {
      if (text === state.command.name || text.startsWith(state.command.name + " ")) await post("command", said);
      else if (/^\/[a-z]/i.test(text)) toast(text.split(" ")[0] + " is not a command of this workspace.");
      else await post("message", said);
    } catch (e) {
      toast(e.message);
      input.value = text;
      changed();
    }
  }

  input.addEventListener("input", changed);
  input.addEventListener("keydown", (e) => {
    const live = offers.length && offers[0].take;
    if (live && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      chosen = (chosen + (e.key === "ArrowDown" ? 1 : offers.length - 1)) % offers.length;
      paint();
    } else if (live && (e.key === "Tab" || e.key === "Enter") && !e.shiftKey) {
      e.preventDefault();
      take(offers[chosen]);
    } else if (e.key === "Escape" && offers.length) {
      e.preventDefault();
      offers = [];
      paint();
    } else if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      submit();
    }
  });
  // Enter never makes a line, whichever way it comes; Shift+Enter does.
  let shift = false;
  input.addEventListener("keydown", (e) => { shift = e.shiftKey; }, true);
  input.addEventListener("beforeinput", (e) => { if (e.inputType === "insertLineBreak" && !shift) e.preventDefault(); });
  input.addEventListener("blur", () => { hints.hidden = true; });
  input.addEventListener("focus", changed);

  const node = h("div", { class: "composer" }, hints,
    h("div", { class: "composer-box", onclick: (e) => { if (e.target === e.currentTarget) input.focus(); } },
      h("div", { class: "composer-tools", role: "toolbar", "aria-label": "Formatting" }, wrapTool(input, "bold", "Bold", "*"), wrapTool(input, "italic", "Italic", "_"), wrapTool(input, "strike", "Strikethrough", "~"), wrapTool(input, "code", "Code", "`")),
      input,
      h("div", { class: "composer-foot" }, shortcutTool(), h("span", { class: "composer-hint" }, "Enter to send"), go)));
  input.value = drafts.get(key) || "";
  queueMicrotask(() => { if (input.value) changed(); hints.hidden = true; });
  return node;
}

function wrapTool(input, name, label, mark) {
  return h("button", { type: "button", class: "tool", title: label, "aria-label": label, onclick: () => {
    const { selectionStart: a, selectionEnd: b, value } = input;
    input.setRangeText(mark + value.slice(a, b) + mark, a, b, "select");
    input.setSelectionRange(a + 1, b + 1);
    input.focus();
    input.dispatchEvent(new Event("input"));
  } }, icon(name));
}

function shortcutTool() {
  const list = state.shortcuts.filter((s) => s.type === "global");
  if (!list.length) return null;
  const node = h("button", { type: "button", class: "tool", title: "Shortcuts", "aria-label": "Shortcuts", "aria-haspopup": "menu",
    onclick: () => menu(node, list.map((s) => ({ label: s.name, hint: s.description, before: icon("bolt"), value: s.callback_id,
      onpick: async () => {
        try {
          const out = await post("shortcut", { user: state.me.name, callback_id: s.callback_id });
          if (!out.ok) toast(out.shown || out.error);
        } catch (e) {
          toast(e.message);
        }
      } })), { title: "Shortcuts" }) }, icon("bolt"));
  return node;
}

// offersFor says what may be completed at the cursor. An offer without take is only there to be read.
function offersFor(input) {
  const { value, selectionStart } = input;
  const { name, hint, description } = state.command;
  const bot = state.users.get(state.bot);
  const face = () => [avatar(bot, "s"), h("span", { class: "suggest-main" }, h("strong", {}, name), " ", h("span", { class: "suggest-usage" }, hint), h("span", { class: "suggest-note" }, description)), h("span", { class: "suggest-from" }, bot.name)];
  if (value.startsWith("/")) {
    const word = value.split(" ")[0];
    if (value === name || value.startsWith(name + " ")) return [{ title: "Slash command", face: face() }];
    if (word === value && name.startsWith(word)) return [{ title: "Slash commands", face: face(), take: () => { input.value = name + " "; } }];
    return [];
  }
  const typed = value.slice(0, selectionStart).match(/(^|\s)([@#])([\w.-]*)$/);
  if (!typed) return [];
  const put = (full) => () => input.setRangeText(full + " ", selectionStart - typed[3].length - 1, selectionStart, "end");
  const starts = (...words) => words.some((w) => w && w.toLowerCase().startsWith(typed[3].toLowerCase()));
  if (typed[2] === "@") {
    return [...state.users.values()].filter((u) => !u.deleted && starts(u.name, u.real_name)).slice(0, 6).map((u) => ({
      title: "People", take: put("@" + u.name), face: [avatar(u, "s"), h("span", { class: "suggest-main" }, h("strong", {}, u.real_name), " ", h("span", { class: "suggest-usage" }, "@" + u.name))] }));
  }
  return visibleChannels().filter((c) => !c.im && starts(c.name)).slice(0, 6).map((c) => ({
    title: "Channels", take: put("#" + c.name), face: [icon(c.is_private ? "lock" : "hash"), h("span", { class: "suggest-main" }, h("strong", {}, c.name))] }));
}
