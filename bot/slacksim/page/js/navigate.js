// Going somewhere: a channel, a thread, a message, the app's Home. The page draws itself when told.

import { state } from "./state.js";

let draw = () => {};
export function onNavigate(f) { draw = f; }

// navigate changes the place; what is not given stays, but a new channel has no thread open.
export function navigate(to) {
  const moved = to.channel !== undefined && to.channel !== state.channel;
  if (to.channel !== undefined) {
    state.channel = to.channel;
    state.thread = to.thread || (moved ? "" : state.thread);
    state.tab = to.tab || "messages";
    state.unread.delete(to.channel);
  } else if (to.thread !== undefined) {
    state.thread = to.thread;
  }
  state.focus = to.focus || "";
  const url = new URL(location.href);
  url.pathname = "/";
  url.search = "?as=" + state.me.name;
  url.hash = state.channel + (state.tab === "home" ? "/home" : state.thread ? "/" + state.thread : "");
  history.replaceState(null, "", url);
  draw(moved);
}
