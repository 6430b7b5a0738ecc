// Sending what was pressed.

import { post } from "./api.js";
import { state } from "./state.js";
import { toast } from "./dialogs.js";

// act sends an action and shows that it is on its way; what the app makes of it comes back by the feed.
export async function act(place, action, node) {
  const where = place.view ? { view_id: place.view } : { channel: place.channel, ts: place.ts };
  const slow = setTimeout(() => node?.classList.add("busy"), 150);
  try {
    const out = await post("click", { user: state.me.name, ...where, ...action });
    if (!out.ok && place.view) toast(out.shown || out.error);
  } catch (e) {
    toast(e.message);
  } finally {
    clearTimeout(slow);
    node?.classList.remove("busy");
  }
}
