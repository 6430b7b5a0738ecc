// Times as people read them, in the browser's zone. The workspace has its own clock: skew is how far it is ahead.

let skew = 0;
export function setClock(iso) { skew = new Date(iso).getTime() - Date.now(); }
export function now() { return Date.now() + skew; }

const format = (options) => new Intl.DateTimeFormat("en-US", options);
const formats = {
  time: format({ hour: "numeric", minute: "2-digit" }),
  time_secs: format({ hour: "numeric", minute: "2-digit", second: "2-digit" }),
  date_num: format({ year: "numeric", month: "2-digit", day: "2-digit" }),
  date: format({ year: "numeric", month: "long", day: "numeric" }),
  date_short: format({ year: "numeric", month: "short", day: "numeric" }),
  date_long: format({ weekday: "long", year: "numeric", month: "long", day: "numeric" }),
  day: format({ weekday: "long", month: "long", day: "numeric" }),
  full: format({ weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit" }),
};

const dayOf = (date) => Math.floor((date.getTime() - date.getTimezoneOffset() * 60000) / 86400000);

function relativeDay(date) {
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[dayOf(date) - dayOf(new Date(now()))];
}

const dateOf = (ts) => new Date(parseFloat(ts) * 1000);

export const clockTime = (ts) => formats.time.format(dateOf(ts));
export const fullTime = (ts) => formats.full.format(dateOf(ts));
export const dayKey = (ts) => dayOf(dateOf(ts));

export function dayName(ts) {
  const word = relativeDay(dateOf(ts));
  return word ? word[0].toUpperCase() + word.slice(1) : formats.day.format(dateOf(ts));
}

// lastReply is the end of "3 replies · last reply today at 9:20 AM".
export function lastReply(ts) {
  const date = dateOf(ts);
  return (relativeDay(date) || formats.day.format(date)) + " at " + formats.time.format(date);
}

function ago(date) {
  const minutes = Math.round((now() - date.getTime()) / 60000);
  const size = Math.abs(minutes);
  const text = size < 1 ? "less than a minute" : size < 60 ? size + " min" : size < 1440 ? Math.round(size / 60) + " h" : Math.round(size / 1440) + " days";
  return minutes < 0 ? "in " + text : text + " ago";
}

// slackDate fills the tokens of <!date^seconds^format|fallback> and of rich text dates.
export function slackDate(seconds, pattern, fallback) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return fallback || "";
  const out = pattern.replace(/\{(\w+)\}/g, (all, token) => {
    if (token === "ago") return ago(date);
    const pretty = token.endsWith("_pretty");
    const name = pretty ? token.slice(0, -7) : token;
    if (pretty && relativeDay(date)) return relativeDay(date);
    return formats[name] && name !== "full" && name !== "day" ? formats[name].format(date) : all;
  });
  return out ? out[0].toUpperCase() + out.slice(1) : fallback;
}
