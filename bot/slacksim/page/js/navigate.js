// Going somewhere: a channel, a thread, a message, the app's Home. The page draws itself when told.

import { state } from "./state.js";

let draw = () => {};
export function onNavigate(f) { draw = f; }

// narrow says whether a thread covers its channel.
export const narrow = () => matchMedia("(max-width: 1080px)").matches;

const hash = () => state.channel + (state.tab === "home" ? "/home" : state.thread ? "/" + state.thread : "");

// navigate changes the place; what is not given stays, but a new channel has no thread open.
export function navigate(to) {
  const moved = to.channel !== undefined && to.channel !== state.channel;
  if (to.channel !== undefined) {
    state.channel = to.channel;
    state.thread = to.thread ?? (moved ? "" : state.thread);
    state.tab = to.tab || "messages";
    state.unread.delete(to.channel);
  } else if (to.thread !== undefined) {
    state.thread = to.thread;
  }
  state.focus = to.focus || "";
  const url = new URL(location.href);
  const another = url.hash !== "#" + hash() && url.hash !== "";
  url.pathname = "/";
  url.search = "?as=" + encodeURIComponent(state.me.name);
  url.hash = hash();
  if (another) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  draw(moved);
}

// placeIn reads the place out of an address; it is false when there is none that this person can see.
export function placeIn(at, visible) {
  const [channel, rest] = at.hash.slice(1).split("/");
  if (!visible(channel)) return false;
  state.channel = channel;
  state.tab = rest === "home" ? "home" : "messages";
  state.thread = rest && rest !== "home" ? rest : "";
  return true;
}

// The browser's back and forward buttons.
export function onBack(visible) {
  addEventListener("popstate", () => {
    const before = state.channel;
    state.focus = "";
    if (placeIn(new URL(location.href), visible)) draw(state.channel !== before);
  });
}
