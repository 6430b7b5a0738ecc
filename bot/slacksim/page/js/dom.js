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
    if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else if (key === "class") el.setAttribute("class", value);
    else if (key === "data") Object.assign(el.dataset, value);
    else if (key === "value") el.value = value;
    else el.setAttribute(key, value === true ? "" : String(value));
  }
}

export function append(el, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    el.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return el;
}

// sync makes the children of a list match the items and touches only those that changed: an item is
// {key, mark, make}; its node stays while key and mark stay.
export function sync(list, items) {
  const have = new Map();
  for (const node of list.children) have.set(node.dataset.key, node);
  let next = list.firstElementChild;
  for (const item of items) {
    let node = have.get(item.key);
    if (!node || node.mark !== item.mark) {
      const fresh = item.make();
      fresh.dataset.key = item.key;
      fresh.mark = item.mark;
      if (node) {
        if (next === node) next = fresh;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    have.delete(item.key);
    if (node === next) next = next.nextElementSibling;
    else list.insertBefore(node, next);
  }
  for (const node of have.values()) node.remove();
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
  home: ["M4 11l8-7 8 7", "M6 10v10h12V10"],
};

// icon draws one of the line icons; it is decoration, the label stands beside it or on its button.
export function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, icons[name].map((d) => svg("path", { d })));
}
