// Calls to the workspace's control API.

export async function get(name, params) {
  const answer = await fetch("/control/" + name + "?" + new URLSearchParams(params || {}));
  return read(answer);
}

export async function post(name, body) {
  const answer = await fetch("/control/" + name, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return read(answer);
}

async function read(answer) {
  const out = await answer.json();
  if (!answer.ok) throw new Error(out.error || answer.statusText);
  return out;
}

// feed calls back with every change that a user's page may show, and with "open" whenever the line was set up anew.
export function feed(user, onEvent) {
  const source = new EventSource("/control/feed?user=" + encodeURIComponent(user));
  source.onopen = () => onEvent({ type: "open" });
  source.onerror = () => onEvent({ type: "lost" });
  source.onmessage = (e) => onEvent(JSON.parse(e.data));
  return () => source.close();
}
