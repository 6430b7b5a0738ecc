// Elements that people press, choose or fill in.

import { h, icon } from "./dom.js";
import { plain, text } from "./text.js";
import { menu } from "./popover.js";
import { confirm } from "./dialogs.js";
import { act } from "./act.js";
import { openLink } from "./names.js";
import { pickers } from "./pickers.js";

// element renders one element of an actions block or an accessory.
export function element(e, block, place) {
  const make = kinds[e.type] || pickers[e.type];
  if (!make) return h("span", { class: "b-unknown" }, "This element cannot be shown: " + e.type);
  const node = make(e, handle(e, block, place));
  node.dataset.action = e.action_id;
  node.island = JSON.stringify([e, block.type, block.dispatch_action, place.view, place.channel, place.ts, place.faults?.[block.block_id]]);
  return node;
}

// handle is how an element keeps and sends its value.
function handle(e, block, place) {
  const key = block.block_id + "\n" + e.action_id;
  return {
    place,
    block: block.block_id,
    id: "e-" + key.replace(/\W/g, "-"),
    inForm: block.type === "input",
    get: () => (place.form?.has(key) ? place.form.get(key) : undefined),
    set: (value) => { place.form?.set(key, value); },
    // send tells the app, after the confirm dialog if there is one; inputs of a form wait for submit instead.
    send: async (value, node) => {
      if (block.type === "input" && !block.dispatch_action) return;
      if (e.confirm && !(await confirm(e.confirm))) return;
      await act(place, { action_id: e.action_id, block_id: block.block_id, value }, node);
    },
  };
}

const kinds = {
  button(e, at) {
    const props = { class: "btn" + (e.style ? " btn-" + e.style : ""), type: "button", "aria-label": e.accessibility_label };
    if (!e.url) {
      const node = h("button", { ...props, onclick: () => at.send(undefined, node) }, plain(e.text.text));
      return node;
    }
    const safe = /^(https?|mailto):/i.test(e.url);
    delete props.type;
    // The link opens at once, as the browser allows that only during the click; the app hears of it all the same.
    const node = h("a", { ...props, href: safe ? e.url : null, target: "_blank", rel: "noopener noreferrer", role: safe ? null : "button",
      onclick: (ev) => {
        if (e.confirm) { ev.preventDefault(); confirm(e.confirm).then((yes) => { if (yes) { window.open(e.url, "_blank", "noopener"); at.send(undefined, node); } }); return; }
        if (openLink(e.url)) ev.preventDefault();
        at.send(undefined, node);
      } }, plain(e.text.text));
    return node;
  },

  overflow(e, at) {
    const node = h("button", { class: "btn btn-icon", type: "button", "aria-haspopup": "menu", "aria-label": "More actions",
      onclick: () => menu(node, e.options.map((o) => ({
        label: plain(o.text.text), value: o.value,
        onpick: () => { if (o.url && /^https?:/i.test(o.url)) window.open(o.url, "_blank", "noopener"); at.send(o.value, node); },
      })), { align: "end" }) }, icon("dots"));
    return node;
  },

  icon_button(e, at) {
    const node = h("button", { class: "tool", type: "button", title: e.text.text, "aria-label": e.accessibility_label || e.text.text, onclick: () => at.send(undefined, node) }, icon(e.icon === "trash" ? "trash" : "dots"));
    return node;
  },

  feedback_buttons(e, at) {
    const side = (b, name) => {
      const node = h("button", { class: "tool", type: "button", title: b.text.text, "aria-label": b.accessibility_label || b.text.text, onclick: () => at.send(b.value, node) }, icon(name));
      return node;
    };
    return h("span", { class: "b-feedback" }, side(e.positive_button, "good"), side(e.negative_button, "bad"));
  },

  checkboxes: (e, at) => group(e, at, "checkbox"),
  radio_buttons: (e, at) => group(e, at, "radio"),

  rich_text_input: (e, at) => field({ ...e, initial_value: "" }, at, h("textarea", { rows: 4 })),
  plain_text_input: (e, at) => field(e, at, e.multiline ? h("textarea", { rows: 4 }) : h("input", { type: "text" })),
  email_text_input: (e, at) => field(e, at, h("input", { type: "email" })),
  url_text_input: (e, at) => field(e, at, h("input", { type: "url" })),
  number_input: (e, at) => field(e, at, h("input", { type: "number", step: e.is_decimal_allowed ? "any" : "1", min: e.min_value, max: e.max_value })),
  datepicker: (e, at) => field(e, at, h("input", { type: "date" }), e.initial_date),
  timepicker: (e, at) => field(e, at, h("input", { type: "time" }), e.initial_time),
  datetimepicker: (e, at) => moment(e, at),
};

function group(e, at, type) {
  const first = e.initial_options || (e.initial_option ? [e.initial_option] : []);
  const start = at.get() ?? first.map((o) => o.value);
  const node = h("div", { class: "choices", role: type === "radio" ? "radiogroup" : "group" }, e.options.map((o) => h("label", { class: "choice" },
    h("input", { type, name: at.id, value: o.value, checked: [].concat(start).includes(o.value), onchange: () => {
      const picked = [...node.querySelectorAll("input:checked")].map((i) => i.value);
      const value = type === "radio" ? picked[0] : picked;
      at.set(value);
      at.send(value, node);
    } }),
    h("span", {}, text(o.text), o.description && h("span", { class: "choice-hint" }, text(o.description))))));
  return node;
}

function field(e, at, node, initial) {
  node.className = "field";
  node.id = at.id;
  node.value = at.get() ?? initial ?? e.initial_value ?? "";
  if (e.placeholder) node.placeholder = e.placeholder.text;
  if (e.max_length) node.maxLength = e.max_length;
  if (e.focus_on_load) node.dataset.autofocus = "";
  node.addEventListener("input", () => at.set(node.value));
  node.addEventListener("change", () => at.send(node.value, node));
  return node;
}

// moment picks a date and a time; Slack counts it in seconds.
function moment(e, at) {
  const local = (s) => { const d = new Date(s * 1000); return new Date(s * 1000 - d.getTimezoneOffset() * 60000).toISOString().slice(0, 16); };
  const seconds = () => (node.value ? Math.floor(new Date(node.value).getTime() / 1000) : null);
  const start = at.get() ?? e.initial_date_time;
  const node = h("input", { type: "datetime-local", class: "field", id: at.id, value: start ? local(start) : "",
    oninput: () => at.set(seconds()), onchange: () => at.send(seconds(), node) });
  return node;
}

// input renders an input block: label, element, hint, and the fault that the app found.
export function input(b, place) {
  const node = element(b.element, b, place);
  const fault = place.faults?.[b.block_id];
  const labelled = node.matches("input,textarea") ? node : node.querySelector("input.field,button.picker") || node;
  if (!labelled.id) labelled.id = "e-" + (b.block_id + "-" + b.element.action_id).replace(/\W/g, "-");
  if (fault) { labelled.setAttribute("aria-invalid", "true"); labelled.setAttribute("aria-describedby", labelled.id + "-fault"); }
  const simple = labelled.matches("input,textarea,button");
  const label = h(simple ? "label" : "div", { class: "b-label", for: simple ? labelled.id : null, id: labelled.id + "-label" },
    plain(b.label.text), b.optional && h("span", { class: "b-optional" }, "(optional)"));
  if (!simple) labelled.setAttribute("aria-labelledby", labelled.id + "-label");
  return h("div", { class: "b-input" + (fault ? " b-faulty" : "") }, label, node,
    fault && h("div", { class: "b-fault", id: labelled.id + "-fault", role: "alert" }, fault),
    b.hint && h("div", { class: "b-hint" }, plain(b.hint.text)));
}
