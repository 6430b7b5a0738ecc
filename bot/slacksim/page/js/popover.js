// Menus that open at a button. One at a time; Escape, a click elsewhere or scrolling closes it.

import { h } from "./dom.js";

let open = null;

export function closePopover() {
  if (!open) return;
  const { box, anchor, onKey, onDown } = open;
  open = null;
  document.removeEventListener("keydown", onKey, true);
  document.removeEventListener("mousedown", onDown, true);
  window.removeEventListener("resize", closePopover);
  box.remove();
  anchor.setAttribute("aria-expanded", "false");
}

// popover shows content next to an anchor. Inside a dialog it lives in the dialog, else it would lie under it.
export function popover(anchor, content, options) {
  closePopover();
  const box = h("div", { class: "popover " + (options?.class || "") }, content);
  (anchor.closest("dialog") || document.body).append(box);
  place(box, anchor, options?.align);
  const onKey = (e) => {
    if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); closePopover(); anchor.focus(); }
    else if (e.key === "ArrowDown" || e.key === "ArrowUp") step(box, e);
  };
  const onDown = (e) => { if (!box.contains(e.target) && !anchor.contains(e.target)) closePopover(); };
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("mousedown", onDown, true);
  window.addEventListener("resize", closePopover);
  anchor.setAttribute("aria-expanded", "true");
  open = { box, anchor, onKey, onDown };
  return box;
}

export const isOpen = (anchor) => open?.anchor === anchor;

function place(box, anchor, align) {
  const at = anchor.getBoundingClientRect();
  const size = box.getBoundingClientRect();
  const below = at.bottom + 4 + size.height < innerHeight || at.top < size.height;
  const left = align === "end" ? at.right - size.width : at.left;
  box.style.left = Math.max(8, Math.min(left, innerWidth - size.width - 8)) + "px";
  box.style.top = (below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)) + "px";
  if (below) box.style.maxHeight = Math.max(120, innerHeight - at.bottom - 16) + "px";
}

function step(box, e) {
  const items = [...box.querySelectorAll("[role=option],[role=menuitem],[role=menuitemradio]")];
  if (!items.length) return;
  e.preventDefault();
  const i = items.indexOf(document.activeElement);
  items[(i + (e.key === "ArrowDown" ? 1 : items.length - 1) + (i < 0 && e.key === "ArrowUp" ? 1 : 0)) % items.length].focus();
}

// menu opens a list of items {label, hint, before, chosen, onpick}; title stands above an item.
export function menu(anchor, items, options) {
  const role = options?.role || "menuitem";
  const box = popover(anchor, h("div", { role: role === "option" ? "listbox" : "menu", class: "menu" },
    options?.title && h("div", { class: "menu-title" }, options.title),
    items.map((item) => [item.title && h("div", { class: "menu-title", role: "presentation" }, item.title), h("button", {
      type: "button", role, class: "menu-item", "aria-checked": role === "menuitemradio" && String(!!item.chosen),
      "aria-selected": role === "option" && String(!!item.chosen), data: { value: item.value ?? "" },
      onclick: () => { closePopover(); anchor.focus(); item.onpick(); },
    }, item.before, h("span", { class: "menu-label" }, item.label, item.hint && h("span", { class: "menu-hint" }, item.hint)), item.chosen && h("span", { class: "menu-check" }, "✓"))])), options);
  (box.querySelector("[aria-checked=true],[aria-selected=true]") || box.querySelector(".menu-item"))?.focus();
  return box;
}
