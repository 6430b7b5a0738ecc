// What texts need to know of the workspace: the names behind ids, and where a link inside leads.

import { state } from "./state.js";
import { navigate, narrow } from "./navigate.js";
import { toast } from "./dialogs.js";

export const nameOfUser = (id) => state.users.get(id)?.name;
export const nameOfChannel = (id) => state.channels.get(id)?.name;
export const nameOfGroup = (id) => state.groups[id];
export const isMe = (id) => id === state.me?.id;

export function openChannel(id) { navigate({ channel: id }); }

// openLink follows a permalink to a message of this workspace, whatever host it names; it says whether the URL was one.
export function openLink(url) {
  return openPath(new URL(url, location.href));
}

// openPath opens /archives/<channel>/p<ts>[?thread_ts=...].
export function openPath(at) {
  const m = at.pathname.match(/^\/archives\/([A-Z0-9]+)(?:\/p(\d+))?$/);
  if (!m || !state.channels.has(m[1])) return false;
  const ts = m[2] ? m[2].slice(0, -6) + "." + m[2].slice(-6) : undefined;
  if (ts && !state.messages.get(m[1])?.has(ts)) toast("That message is not there any more.");
  const thread = at.searchParams.get("thread_ts") || (narrow() ? "" : undefined); // there a thread would cover the message
  navigate({ channel: m[1], thread, focus: ts });
  return true;
}
