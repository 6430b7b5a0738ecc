// Pictures of people: initials on a colour of their own. The app has a face.

import { h, svg } from "./dom.js";

const colours = ["#e8912d", "#2b8a78", "#7c5cbf", "#c2476b", "#3a78c2", "#6a8f2f", "#b5573c", "#4d6b8a"];

function colourOf(id) {
  let sum = 0;
  for (const c of id) sum = (sum * 31 + c.charCodeAt(0)) % 997;
  return colours[sum % colours.length];
}

function initials(name) {
  return name.split(/\s+/).map((w) => w[0]).slice(0, 2).join("").toUpperCase();
}

export function avatar(user, size) {
  const box = h("span", { class: "avatar avatar-" + (size || "m"), "aria-hidden": "true" });
  box.append(user.is_bot ? robot() : letters(user));
  return box;
}

function letters(user) {
  return svg("svg", { viewBox: "0 0 36 36" },
    svg("rect", { width: 36, height: 36, fill: colourOf(user.id) }),
    svg("path", { d: "M0 36 36 0v36z", fill: "#000", opacity: 0.06 }),
    svg("text", { x: 18, y: 23.2, "text-anchor": "middle", class: "avatar-text" }, initials(user.real_name || user.name)));
}

function robot() {
  return svg("svg", { viewBox: "0 0 36 36" },
    svg("rect", { width: 36, height: 36, fill: "#1d3557" }),
    svg("path", { d: "M18 6v4", stroke: "#a8dadc", "stroke-width": 2, "stroke-linecap": "round" }),
    svg("circle", { cx: 18, cy: 6, r: 2, fill: "#e9c46a" }),
    svg("rect", { x: 8, y: 10, width: 20, height: 15, rx: 5, fill: "#f1faee" }),
    svg("circle", { cx: 14, cy: 17, r: 2.2, fill: "#1d3557" }),
    svg("circle", { cx: 22, cy: 17, r: 2.2, fill: "#1d3557" }),
    svg("path", { d: "M14.5 21.5h7", stroke: "#457b9d", "stroke-width": 1.8, "stroke-linecap": "round" }),
    svg("path", { d: "M12 29h12", stroke: "#a8dadc", "stroke-width": 2.4, "stroke-linecap": "round" }));
}
