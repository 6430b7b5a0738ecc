// Choosing an emoji: a small grid with a search field.

import { h } from "./dom.js";
import { emoji, emojiNames } from "./emoji.js";
import { popover, closePopover } from "./popover.js";

// pickEmoji opens the grid at an anchor and calls back with the name of the one chosen.
export function pickEmoji(anchor, picked) {
  const search = h("input", { class: "field menu-search", type: "text", placeholder: "Find an emoji", "aria-label": "Find an emoji", autocomplete: "off", spellcheck: "false" });
  const grid = h("div", { class: "emoji-grid", role: "listbox", "aria-label": "Emoji" });
  const note = h("div", { class: "emoji-note" });
  const say = (words) => { note.textContent = words; };
  const show = () => {
    const found = emojiNames.filter((name) => name.includes(search.value.trim().toLowerCase().replaceAll(":", "").replaceAll(" ", "_")));
    grid.replaceChildren(...found.map((name) => h("button", { type: "button", role: "option", class: "emoji-choice", title: ":" + name + ":", "aria-label": name,
      onmouseenter: () => say(":" + name + ":"), onfocus: () => say(":" + name + ":"), onclick: () => { closePopover(); picked(name); } }, emoji(name))));
    say(found.length ? "" : "No emoji of that name");
  };
  search.addEventListener("input", show);
  search.addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); grid.firstElementChild?.click(); } });
  show();
  popover(anchor, [search, grid, note], { class: "popover-emoji", align: "end" });
  search.focus();
}
