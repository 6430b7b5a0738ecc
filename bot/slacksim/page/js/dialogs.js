// Dialogs that ask, and short words at the edge of the window.

import { h } from "./dom.js";
import { plain, text } from "./text.js";

// confirm asks as a Block Kit confirm object says; it resolves to whether the answer was yes.
export function confirm(c) {
  return new Promise((resolve) => {
    const done = (yes) => { dialog.close(); dialog.remove(); resolve(yes); };
    const dialog = h("dialog", { class: "dialog dialog-confirm", "aria-labelledby": "confirm-title", oncancel: (e) => { e.preventDefault(); done(false); } },
      h("h2", { class: "dialog-title", id: "confirm-title" }, plain(c.title.text)),
      h("div", { class: "dialog-body" }, text(c.text)),
      h("footer", { class: "dialog-foot" },
        h("button", { type: "button", class: "btn btn-large", onclick: () => done(false) }, plain(c.deny.text)),
        h("button", { type: "button", class: "btn btn-large btn-" + (c.style || "primary"), onclick: () => done(true) }, plain(c.confirm.text))));
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector(".btn-large").focus();
  });
}

// toast says something that went wrong and goes away by itself.
export function toast(words) {
  document.querySelector(".toast")?.remove();
  const node = h("div", { class: "toast", role: "alert" }, words);
  (document.querySelector("dialog[open]") || document.body).append(node);
  setTimeout(() => node.remove(), 6000);
}
