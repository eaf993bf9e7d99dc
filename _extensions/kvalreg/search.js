/* The search: a field over a list of the site's registries, indicators, hospitals, medical fields and years in sok.js.
   No module, unlike the other scripts, and the list is a script too: a page opened from a disk loads those. */
(function () {
  "use strict";

  const root = document.currentScript.src.replace(/site_libs\/.*/, "");
  const ORDER = ["registry", "field", "unit", "indicator", "year", "page"];
  const MOST = 12;
  let list;

  function load() {
    list ??= new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = `${root}sok.js`;
      script.onload = () => resolve(window.kvSearch.map(prepare));
      script.onerror = () => {
        list = undefined; // the next letter asks again
        resolve([]);
      };
      document.head.append(script);
    });
    return list;
  }

  function prepare([address, name, kind, below, more]) {
    return { address, name, kind, below, own: ` ${plain(name)}`, all: ` ${plain(`${name} ${below} ${more}`)}` };
  }

  /* Small letters without marks: who writes "aerfugl" or "orsta" means Ærfugl and Ørsta. */
  function plain(text) {
    const letters = text.toLowerCase().replace(/æ/g, "ae").replace(/ø/g, "o");
    return letters.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[^a-z0-9]+/g, " ").trim();
  }

  /* Every word must be found. The beginning of a word in the name counts most, then the inside of one, since Norwegian
     words grow together: "slag" is in "hjerneslag". */
  function weigh(entry, words) {
    let weight = 0;
    for (const word of words) {
      if (entry.own.includes(` ${word}`)) weight += 8;
      else if (entry.own.includes(word)) weight += 5;
      else if (entry.all.includes(` ${word}`)) weight += 2;
      else if (entry.all.includes(word)) weight += 1;
      else return 0;
    }
    return weight;
  }

  function matches(entries, text) {
    let words = plain(text).split(" ").filter(Boolean);
    let found = [];
    // Nothing found: the words may be bent ("hofteproteser"), so their ends are let go, letter by letter.
    for (let cut = 0; cut <= 3 && !found.length; cut += 1) {
      const shorter = words.map((word) => (word.length - cut >= 4 ? word.slice(0, word.length - cut) : word));
      found = entries.map((entry) => ({ entry, weight: weigh(entry, shorter) })).filter(({ weight }) => weight > 0);
    }
    const place = ({ kind }) => ORDER.indexOf(kind);
    found.sort(
      (a, b) =>
        b.weight - a.weight ||
        place(a.entry) - place(b.entry) ||
        a.entry.name.length - b.entry.name.length ||
        (a.entry.address < b.entry.address ? 1 : -1)
    );
    return found.map(({ entry }) => entry);
  }

  function item({ address, name, kind, below }, form) {
    const link = document.createElement("a");
    link.href = root + address;
    link.textContent = name;
    const note = document.createElement("span");
    note.textContent = [form.dataset[kind], below].filter(Boolean).join(" · ");
    link.append(note);
    const line = document.createElement("li");
    line.append(link);
    return line;
  }

  function setUp(form) {
    const field = form.querySelector("input");
    const found = form.querySelector(".kv-found");
    const count = document.createElement("p");
    const lines = document.createElement("ul");
    count.setAttribute("role", "status");
    found.append(count, lines);

    async function show() {
      const entries = await load();
      const text = field.value.trim();
      found.hidden = !text;
      if (!text) return;
      const hits = matches(entries, text);
      count.textContent = hits.length ? form.dataset.found.replace(/{\w*}/, hits.length) : form.dataset.none;
      lines.replaceChildren(...hits.slice(0, MOST).map((hit) => item(hit, form)));
    }

    form.hidden = false;
    field.addEventListener("focus", load, { once: true });
    field.addEventListener("input", show);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      await show();
      lines.querySelector("a")?.click();
    });
    document.addEventListener("click", (event) => {
      if (!form.contains(event.target)) found.hidden = true;
    });
    form.addEventListener("keydown", (event) => {
      const stops = [field, ...lines.querySelectorAll("a")];
      const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const at = stops.indexOf(document.activeElement);
      if (way && at >= 0 && !found.hidden) {
        event.preventDefault();
        stops[Math.min(Math.max(at + way, 0), stops.length - 1)].focus();
      }
      if (event.key !== "Escape") return;
      found.hidden = true;
      field.focus();
    });
  }

  document.querySelectorAll("form.kv-search").forEach(setUp);
})();
