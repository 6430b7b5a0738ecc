// Building elements. Text always goes in as text nodes: nothing that people or apps write is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

// h makes an element. Properties that start with "on" are listeners, "class" and "data" do what they say, true gives an
// empty attribute, and false, null and undefined are left out.
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  assign(el, props);
  append(el, children);
  return el;
}

export function svg(tag, props, ...children) {
  const el = document.createElementNS(SVG, tag);
  assign(el, props);
  append(el, children);
  return el;
}

function assign(el, props) {
  for (const [key, value] of Object.entries(props || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) listen(el, key.slice(2), value);
    else if (key === "class") el.setAttribute("class", value);
    else if (key === "data") Object.assign(el.dataset, value);
    else if (key === "value") el.value = value;
    else el.setAttribute(key, value === true ? "" : String(value));
  }
}

// listen keeps the listener where morph can replace it.
function listen(el, type, f) {
  el.heard ||= {};
  if (!el.heard[type]) el.addEventListener(type, hear);
  el.heard[type] = f;
}

function hear(e) { return e.currentTarget.heard[e.type](e); }

export function append(el, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    el.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return el;
}

// sync makes the children of a list match the items and touches only those that changed: an item is {key, mark, make};
// its node is left alone while the mark stays, and else changed in place.
export function sync(list, items) {
  const have = new Map();
  for (const node of list.children) have.set(node.dataset.key, node);
  let next = list.firstElementChild;
  for (const item of items) {
    let node = have.get(item.key);
    if (!node || node.mark !== item.mark) {
      const fresh = item.make();
      fresh.dataset.key = item.key;
      const was = node;
      node = was ? morph(was, fresh) : fresh;
      if (next === was) next = node;
      node.mark = item.mark;
    }
    have.delete(item.key);
    if (node === next) next = next.nextElementSibling;
    else list.insertBefore(node, next);
  }
  for (const node of have.values()) node.remove();
}

// morph makes a node look like a fresh one and changes only what differs, so that nothing flickers, no text selection
// is lost and what the pointer is on stays. A node with an island is a world of its own: it stays as it is while its
// island is the same, and is replaced as a whole when not. It gives the node that stands there then.
export function morph(node, fresh) {
  if (node.nodeType !== fresh.nodeType || node.nodeName !== fresh.nodeName || node.island !== fresh.island) {
    node.replaceWith(fresh);
    return fresh;
  }
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== fresh.data) node.data = fresh.data;
    return node;
  }
  if (node.island !== undefined) return node;
  const ours = (name) => name === "open" && node.nodeName === "DETAILS"; // the reader's choice
  for (const { name } of [...node.attributes]) if (!fresh.hasAttribute(name) && !ours(name)) node.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (node.getAttribute(name) !== value && !ours(name)) node.setAttribute(name, value);
  for (const type of Object.keys(node.heard || {})) node.heard[type] = fresh.heard?.[type] || (() => {});
  for (const type of Object.keys(fresh.heard || {})) listen(node, type, fresh.heard[type]);
  morphChildren(node, [...fresh.childNodes]);
  return node;
}

// morphChildren does the same for all that stands in a node.
export function morphChildren(node, fresh) {
  const old = [...node.childNodes];
  fresh.forEach((child, i) => (old[i] ? morph(old[i], child) : node.append(child)));
  for (const left of old.slice(fresh.length)) left.remove();
}

const icons = {
  hash: ["M9.5 4 7.5 20", "M16.5 4l-2 16", "M4.5 9h15", "M4 15h15"],
  lock: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  caret: ["M7 10l5 5 5-5"],
  eye: ["M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z", "M12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z"],
  reply: ["M4.5 5h15v11h-8l-4 4v-4h-3z", "M8.5 9.2h7", "M8.5 12.2h4.5"],
  send: ["M4 4.5 20.5 12 4 19.5 6 12z", "M6 12h7"],
  dots: ["M12 5.5v.01", "M12 12v.01", "M12 18.5v.01"],
  check: ["M5 12.5l4.5 4.5L19 7"],
  people: ["M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M2.5 19.5c0-4 3-6 6.5-6s6.5 2 6.5 6", "M16 4.5a3.2 3.2 0 0 1 0 6.2", "M18 14c2.3.8 3.5 2.7 3.5 5.5"],
  bolt: ["M13 3 5 14h6l-1 7 8-11h-6z"],
  bold: ["M7 5h6a3.5 3.5 0 0 1 0 7H7z", "M7 12h7a3.5 3.5 0 0 1 0 7H7z"],
  italic: ["M10 5h7", "M7 19h7", "M14 5l-4 14"],
  strike: ["M4 12h16", "M16.5 8c-.5-2-2.2-3-4.5-3-2.5 0-4.5 1.2-4.5 3.3", "M7 16c.6 2 2.5 3 5 3 2.8 0 4.7-1.3 4.7-3.5"],
  code: ["M8.5 7 4 12l4.5 5", "M15.5 7l4.5 5-4.5 5"],
  warning: ["M12 4 2.8 20h18.4z", "M12 10v4.5", "M12 17.3v.01"],
  menu: ["M4 6.5h16", "M4 12h16", "M4 17.5h16"],
  back: ["M14.5 5.5 8 12l6.5 6.5"],
  smile: ["M12 3.2a8.8 8.8 0 1 0 0 17.6 8.8 8.8 0 0 0 0-17.6z", "M8.3 14.2a4.3 4.3 0 0 0 7.4 0", "M9.2 9.6v.01", "M14.8 9.6v.01"],
  link: ["M10 14l4-4", "M11 7.5 13.5 5a3.9 3.9 0 0 1 5.5 5.5L16.5 13", "M13 16.5 10.5 19A3.9 3.9 0 0 1 5 13.5L7.5 11"],
  file: ["M6 3.5h8l4.5 4.5v12.5H6z", "M14 3.5V8h4.5"],
  trash: ["M5 7h14", "M9.5 7V4.5h5V7", "M6.5 7l1 13h9l1-13"],
  good: ["M7 20V11l4.5-7c1.6.2 2.3 1.5 1.9 3L12.700 10H18a1.8 1.8 0 0 1 1.8 2.1l-1.2 6A2.3 2.3 0 0 1 16.4 20z", "M4 11v9"],
  bad: ["M7 4v9l4.5 7c1.6-.2 2.3-1.5 1.9-3L12.700 14H18a1.8 1.8 0 0 0 1.8-2.1l-1.2-6A2.3 2.3 0 0 0 16.4 4z", "M4 13V4"],
  sun: ["M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12 2.5v2", "M12 19.5v2", "M2.5 12h2", "M19.5 12h2", "M5.3 5.3l1.4 1.4", "M17.3 17.3l1.4 1.4", "M5.3 18.700l1.4-1.4", "M17.3 6.700l1.4-1.4"],
  moon: ["M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"],
  home: ["M4 11l8-7 8 7", "M6 10v10h12V10"],
};

// icon draws one of the line icons; it is decoration, the label stands beside it or on its button.
export function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, icons[name].map((d) => svg("path", { d })));
}
