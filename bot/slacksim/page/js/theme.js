// Light, dark, or as the system has it. Runs before the page is painted, hence no module.
(() => {
  const known = ["light", "dark"];
  const read = () => { try { return localStorage.getItem("theme") || ""; } catch { return ""; } };
  const show = (name) => { if (known.includes(name)) document.documentElement.dataset.theme = name; else delete document.documentElement.dataset.theme; };
  window.theme = {
    get: () => document.documentElement.dataset.theme || "",
    set(name) {
      show(name);
      try { localStorage.setItem("theme", name); } catch { /* kept for this visit only */ }
    },
  };
  show(read());
  addEventListener("storage", (e) => { if (e.key === "theme") show(e.newValue); });
})();
