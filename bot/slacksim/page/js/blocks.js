// Block Kit. A place says where the blocks are, so that what is pressed in them can be sent:
// {channel, ts} for a message, {view} for a view, and form when inputs are kept until submitted.

import { h, icon } from "./dom.js";
import { mrkdwn, plain, text } from "./text.js";
import { richText } from "./richtext.js";
import { element, input } from "./elements.js";

export function blocks(list, place) {
  return (list || []).map((b) => {
    const make = kinds[b.type];
    const node = make ? make(b, place) : h("div", { class: "b-unknown" }, "This block cannot be shown: " + b.type);
    node.classList.add("block");
    node.dataset.block = b.block_id;
    return node;
  });
}

const kinds = {
  section,
  header: (b) => h("h3", { class: "b-header" }, plain(b.text.text)),
  divider: () => h("hr", { class: "b-divider" }),
  context: (b) => h("div", { class: "b-context" }, b.elements.map((e) => e.type === "image"
    ? h("img", { class: "b-context-image", src: e.image_url, alt: e.alt_text })
    : h("span", { class: "b-context-text" }, text(e)))),
  actions: (b, place) => h("div", { class: "b-actions" }, b.elements.map((e) => element(e, b, place))),
  image: (b) => h("figure", { class: "b-image" }, b.title && h("figcaption", {}, plain(b.title.text)), h("img", { src: b.image_url, alt: b.alt_text })),
  rich_text: (b) => h("div", { class: "b-rich" }, richText(b.elements)),
  table,
  data_table: (b) => h("div", {}, table(b), h("div", { class: "b-caption" }, b.caption)),
  card,
  carousel: (b, place) => h("div", { class: "b-carousel", tabindex: 0, role: "region", "aria-label": "Cards" }, blocks(b.elements, place)),
  container,
  context_actions: (b, place) => h("div", { class: "b-actions" }, b.elements.map((e) => element(e, b, place))),
  video: (b) => h("a", { class: "b-video", href: b.title_url || b.video_url, target: "_blank", rel: "noopener noreferrer" },
    h("img", { src: b.thumbnail_url, alt: b.alt_text }), h("span", { class: "b-video-title" }, plain(b.title.text)), b.description && h("span", { class: "b-context" }, plain(b.description.text))),
  input,
  markdown: (b) => h("div", { class: "b-section" }, mrkdwn(b.text.replace(/\*\*(.+?)\*\*/g, "*$1*").replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, "<$2|$1>"))),
  alert: (b) => h("div", { class: "b-alert b-alert-" + (b.level || "default"), role: "alert" }, text(b.text)),
};

function section(b, place) {
  return h("div", { class: "b-section" },
    h("div", { class: "b-section-body" },
      b.text && h("div", { class: "b-text" }, text(b.text)),
      b.fields && h("div", { class: "b-fields" }, b.fields.map((f) => h("div", { class: "b-field" }, text(f))))),
    b.accessory && h("div", { class: "b-accessory" }, b.accessory.type === "image"
      ? h("img", { class: "b-thumb", src: b.accessory.image_url, alt: b.accessory.alt_text })
      : element(b.accessory, b, place)));
}

const picture = (image, kind) => image && h("img", { class: kind, src: image.image_url, alt: image.alt_text });

function card(b, place) {
  return h("div", { class: "b-card" }, picture(b.hero_image, "b-hero"),
    h("div", { class: "b-card-body" },
      (b.title || b.icon) && h("div", { class: "b-card-head" }, picture(b.icon, "b-context-image"), b.title && h("strong", {}, text(b.title))),
      b.subtitle && h("div", { class: "b-context" }, text(b.subtitle)),
      b.body && h("div", { class: "b-text" }, text(b.body)),
      b.subtext && h("div", { class: "b-context" }, text(b.subtext)),
      b.actions && h("div", { class: "b-actions" }, b.actions.map((e) => element(e, b, place)))));
}

// container is a frame; one that folds starts as the app says and then does as the reader says.
function container(b, place) {
  const head = [b.icon && picture(b.icon, "b-context-image"), b.title && h("strong", {}, plain(b.title.text)), b.subtitle && h("span", { class: "b-context" }, text(b.subtitle))];
  const inside = h("div", { class: "b-container-body" }, blocks(b.child_blocks, place));
  if (!b.is_collapsible) return h("div", { class: "b-container" }, h("div", { class: "b-container-head" }, head), inside);
  const node = h("details", { class: "b-container", open: !b.default_collapsed }, h("summary", { class: "b-container-head" }, icon("caret"), head), inside);
  return node;
}

function table(b) {
  const settings = b.column_settings || [];
  const cell = (tag) => (c, i) => {
    const s = settings[i] || {};
    const node = h(tag, { class: s.is_wrapped ? "wrapped" : "", scope: tag === "th" && "col" },
      c.type === "rich_text" ? richText(c.elements) : plain(c.text));
    node.style.textAlign = s.align || "left";
    return node;
  };
  const [head, ...rows] = b.rows;
  return h("div", { class: "b-table", tabindex: 0, role: "region", "aria-label": "Table" }, h("table", {},
    h("thead", {}, h("tr", {}, head.map(cell("th")))),
    h("tbody", {}, rows.map((r) => h("tr", {}, r.map(cell("td")))))));
}
