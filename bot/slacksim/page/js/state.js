// What the page knows. Everything on screen is drawn from here.

export const state = {
  team: "",
  me: null, // the member who sits here
  bot: "", // id
  users: new Map(), // by id
  channels: new Map(), // by id
  groups: {}, // handle by id
  command: { name: "", hint: "", description: "" },
  shortcuts: [],
  connections: 0,
  online: true, // the feed is open

  channel: "", // id of the open one
  tab: "messages", // in the app's own conversation: home or messages
  thread: "", // ts of the open thread's parent
  focus: "", // ts of a message to show and light up

  messages: new Map(), // by channel id: Map of ts to message, flat
  notices: [], // lines that only this person sees: {channel, thread, after, text}
  unread: new Map(), // by channel id
  home: null, // view
  modals: [], // views
};

// load puts a channel's messages, nested as the API gives them, into the flat map.
export function load(channel, nested) {
  const flat = new Map();
  const put = (m) => { flat.set(m.ts, m); (m.replies || []).forEach(put); delete m.replies; };
  nested.forEach(put);
  state.messages.set(channel, flat);
}

const sorted = (list) => list.sort((a, b) => (a.ts < b.ts ? -1 : 1));
const all = (channel) => [...(state.messages.get(channel)?.values() || [])];

// topLevel gives what stands in a channel: messages, broadcasts, and replies whose parent is gone.
export function topLevel(channel) {
  const map = state.messages.get(channel);
  return sorted(all(channel).filter((m) => !m.thread_ts || m.broadcast || !map.has(m.thread_ts)));
}

export function repliesTo(channel, ts) {
  return sorted(all(channel).filter((m) => m.thread_ts === ts));
}

export function message(channel, ts) {
  return state.messages.get(channel)?.get(ts);
}

// visibleChannels are those that this person is in; the conversation with the app is one of them.
export function visibleChannels() {
  return [...state.channels.values()].filter((c) => state.me.channels.includes(c.id));
}

export function channelTitle(c) {
  return c.im ? state.users.get(state.bot).name : c.name;
}
