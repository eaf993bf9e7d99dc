/* The embedded renderer's search: a field over a list of the site's pages and headings in search-list.js.
   No module, unlike the extension's own scripts, and the list is a script too: a page opened from a disk loads those. */
(function () {
  "use strict";

  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  const form = document.querySelector("form.kv-search");
  const field = form.querySelector("input");
  const found = form.querySelector(".kv-found");
  let list;

  function load() {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = folder + "search-list.js";
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }

  // Every word must be found; a heading counts only for what its page's title does not already say.
  function weigh([, title, heading, description], words) {
    const page = title.toLowerCase();
    const own = (heading || title).toLowerCase();
    const all = `${page} ${own} ${description.toLowerCase()}`;
    const count = (text) => words.filter((word) => text.includes(word)).length;
    if (count(all) < words.length || (heading && !count(own))) return 0;
    return count(own) + (heading ? 0 : 0.5);
  }

  // The best first; among equals the shorter title, which is the registry's own page, then the newest year.
  function matches(words) {
    return window.kvSearch
      .map((entry) => ({ entry, weight: weigh(entry, words) }))
      .filter(({ weight }) => weight > 0)
      .sort(
        (a, b) => b.weight - a.weight || a.entry[1].length - b.entry[1].length || (a.entry[0] < b.entry[0] ? 1 : -1)
      )
      .slice(0, 12);
  }

  function item([address, title, heading]) {
    const link = document.createElement("a");
    link.href = form.dataset.root + address;
    link.textContent = heading || title;
    if (heading) {
      const page = document.createElement("span");
      page.textContent = title;
      link.append(page);
    }
    const line = document.createElement("li");
    line.append(link);
    return line;
  }

  function show() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    found.hidden = !words.length;
    if (!words.length) return;
    const hits = matches(words);
    const count = document.createElement("p");
    const lines = document.createElement("ul");
    count.textContent = hits.length ? form.dataset.found.replace("{}", hits.length) : form.dataset.none;
    lines.append(...hits.map(({ entry }) => item(entry)));
    found.replaceChildren(count, lines);
  }

  form.hidden = false;
  field.addEventListener("input", () => {
    list = list || load();
    list.then(show);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const first = found.querySelector("a");
    if (first && !found.hidden) first.click();
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) found.hidden = true;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    found.hidden = true;
    field.focus();
  });
})();
