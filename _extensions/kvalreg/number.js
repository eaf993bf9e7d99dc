/* "Where does this number come from?": every number that says which cell it is can be asked, by a click, a tap or a key.
   Nothing is fetched before a reader asks: then number_answer.js answers, and number_drawn.js finds what a mark of a
   drawing is. No modules, unlike most other scripts: a page opened from a disk loads none. What these two need of this
   one is in `window.kvNumber`. See docs/decisions/024-a-number-can-be-asked.md. */
(function () {
  "use strict";

  const beside = document.currentScript.src.replace(/[^/]*$/, "");
  const root = beside.replace(/site_libs\/.*/, "");
  const main = document.querySelector("main");
  const label = document.querySelector(".kv-chooser")?.dataset.ask;
  const GROUP = "table, section, main";
  const ASKED = ".kv-ask";
  const NAME = "tall";
  const ROLE = "rolle";
  const KINDS = {
    low: "interval",
    high: "interval",
    "target-moderate": "target",
    achievement: "level",
    levels: "level",
    "value-before": "before",
    "past-value": "past",
    "past-n": "past",
    lowest: "ends",
    highest: "ends",
    yours: "value",
  };
  const SAME = "value interval n coverage target change verdict common reached limit changes".split(" ");
  const loaded = {};

  /* --- what can be asked --------------------------------------------------------------------------------------- */
  function kindOf(role) {
    if (role?.startsWith("units")) return "units";
    return KINDS[role] ?? (SAME.includes(role) ? role : "");
  }

  /* The cell that an element is of: the parts that it leaves open are those of the elements around it. */
  function addressOf(element) {
    const parts = ["", "", "", "", ""];
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const { kvCell, unit } = at.dataset;
      const own = kvCell === undefined ? ["", "", "", "", unit ?? ""] : kvCell.split("/").map(decodeURIComponent);
      own.forEach((part, place) => (parts[place] ||= part));
    }
    const [, registry] = location.href.slice(root.length).match(/^(?:\w\w\/)?(?:registre|data)\/([^/?#]+)\//) ?? [];
    parts[0] ||= registry ?? "";
    return parts;
  }

  function written(parts) {
    const quoted = (part) => part.replace(/[%/@\s]/g, (sign) => encodeURIComponent(sign));
    return parts.map((part, place) => (place === 4 && part.startsWith("@") ? part : quoted(part))).join("/");
  }

  function roleOf(element) {
    const cell = element.closest("td");
    const head = cell?.closest("table").tHead?.rows[0].cells[cell.cellIndex];
    return element.dataset.kvRole ?? (element.tagName === "DATA" ? "value" : head?.dataset.kvRole);
  }

  /* Numbers in sentences are there for keys and screen readers as buttons; one of each section is a stop of the tab key. */
  function prepareSentences() {
    main.querySelectorAll(':is(data, span[data-kv-role="value"]):not(.kv-ask)').forEach((number) => {
      if (!kindOf(roleOf(number)) || number.closest("a, button, summary, label, dialog")) return;
      number.classList.add("kv-ask");
      set(number, { role: "button", tabindex: -1, "aria-haspopup": "dialog", title: label });
    });
  }

  /* A row of a table is one cell of the data, so one of its numbers is a button; the others answer to a click. */
  function prepareTable(table) {
    const roles = [...(table.tHead?.rows[0]?.cells ?? [])].map(({ dataset }) => dataset.kvRole);
    [...table.tBodies].flatMap(({ rows }) => [...rows]).forEach((row) => {
      let isFirst = true;
      roles.forEach((role, place) => {
        const cell = row.cells[place];
        if (!kindOf(role) || !cell?.textContent.trim() || (role === "yours" && !cell.dataset.unit)) return;
        cell.classList.add("kv-asks");
        if (isFirst || ["yours", "value-before"].includes(role)) makeButton(cell);
        isFirst = false;
      });
    });
  }

  function makeButton(cell) {
    if (cell.querySelector(ASKED)) return;
    const holder = cell.querySelector("a")?.parentElement ?? cell;
    const content = [...holder.childNodes].filter(({ nodeName }) => nodeName !== "A");
    const button = make("button", { type: "button", class: "kv-ask", tabindex: -1, "aria-haspopup": "dialog", title: label });
    content[0]?.before(button);
    button.append(...content);
  }

  /* One number of each group is a stop of the tab key: the one that was last there, or the first that can be seen. */
  function settle() {
    const groups = new Map();
    [...main.querySelectorAll(ASKED)].forEach((one) => {
      const group = one.closest(GROUP);
      groups.set(group, [...(groups.get(group) ?? []), one]);
    });
    groups.forEach((all) => {
      const seen = all.filter((one) => one.checkVisibility());
      const stop = seen.find((one) => one.tabIndex === 0) ?? seen[0];
      all.forEach((one) => (one.tabIndex = one === stop ? 0 : -1));
    });
  }

  function step(event, from) {
    const all = [...from.closest(GROUP).querySelectorAll(ASKED)].filter(
      (one) => one.closest(GROUP) === from.closest(GROUP) && one.checkVisibility()
    );
    const at = all.indexOf(from);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    const next = all[to[event.key]];
    if (!(event.key in to)) return;
    event.preventDefault();
    if (!next) return;
    from.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  /* The script that answers, and its words; both are fetched once a reader asks. */
  function load(address) {
    loaded[address] ??= new Promise((resolve, reject) => {
      const script = make("script", { src: address });
      script.onload = resolve;
      script.onerror = () => {
        delete loaded[address]; // the next question asks again
        reject(new Error(address));
      };
      document.head.append(script);
    });
    return loaded[address];
  }

  async function ask(question) {
    const { parts, role } = question;
    await Promise.all([load(`${beside}number_answer.js`), load(`${root}tall.js`)]);
    return window.kvAnswer({ ...question, root, link: linkTo(parts, role) });
  }

  /* The number alone: neither the reader's own hospital nor what the page was filtered by goes along. */
  function linkTo(parts, role) {
    const url = new URL(location.pathname, location.href);
    url.searchParams.set(NAME, written(parts));
    if (role !== "value") url.searchParams.set(ROLE, role);
    return url.href;
  }

  /* --- asking ---------------------------------------------------------------------------------------------------- */
  function questionOf(place) {
    const role = roleOf(place);
    const parts = addressOf(place);
    if (role === "value-before") parts[3] = `${parts[3] - 1}`;
    const isInTable = place.closest("td") && place.tagName !== "DATA";
    const row = isInTable && textOf(place.closest("tr").cells[0], ".kv-tag, .kv-note");
    const isUnit = isInTable && place.closest("table").tHead.rows[0].cells[0].dataset.kvRole === "unit";
    const where = isInTable ? row : place.closest("li, p, dd, figcaption")?.textContent.trim();
    const text = isInTable ? textOf(place.closest("td"), "a") : place.textContent.trim();
    return { parts, role: role === "yours" ? "value" : role, kind: kindOf(role), text, where, unitName: isUnit && row };
  }

  function textOf(element, without) {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(without).forEach((one) => one.remove());
    return copy.textContent.trim();
  }

  /* The number that was pressed; nothing for what has a meaning of its own, and while text is marked. */
  function pressed({ target }) {
    const place = target.closest?.(`${ASKED}, a, button, summary, input, select, label, .kv-asks`);
    return place?.matches(`main :is(${ASKED}, .kv-asks)`) && (place.matches(ASKED) || getSelection().isCollapsed) ? place : null;
  }

  function open(place) {
    const button = place.matches(ASKED) ? place : place.closest("tr").querySelector(ASKED);
    button?.focus({ preventScroll: true });
    // Without its words there is the link that stands below for everybody.
    ask(questionOf(place)).catch(() => place.closest("figure, section, main").querySelector(".kv-source")?.click());
  }

  /* A mark of a drawing asks what the table beside it says of the same cell; there is where the keyboard asks. */
  async function askDrawn(event) {
    const figure = event.target.closest?.("main .kv-chart")?.closest(".kv-figure");
    if (!figure || !getSelection().isCollapsed) return;
    await load(`${beside}number_drawn.js`).catch(() => {});
    const place = window.kvDrawn?.(figure, event);
    if (place) open(place);
  }

  /* Who comes by a link to a number is shown its answer at once. */
  function openLinked() {
    const { searchParams } = new URL(location.href);
    const parts = (searchParams.get(NAME) ?? "").split("/").map(decodeURIComponent);
    const role = searchParams.get(ROLE) ?? "value";
    if (parts.length !== 5 || !kindOf(role)) return;
    const wanted = written(parts);
    const there = [...main.querySelectorAll(`data${ASKED}, span${ASKED}, td`)].filter((one) => roleOf(one) === role);
    const place = there.find((one) => written(addressOf(one)) === wanted);
    ask(place ? questionOf(place) : { parts, role, kind: kindOf(role), text: "" }).catch(() => {});
  }

  /* --- what the scripts that are loaded later need of this one ------------------------------------------------------ */
  function make(tag, attributes = {}, ...content) {
    const element = document.createElement(tag);
    element.append(...content);
    return set(element, attributes);
  }

  function set(element, attributes) {
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    return element;
  }

  /* The rows of a file by the names of its columns, without the apostrophes that keep spreadsheets from running text. */
  function rowsOf(text, sign) {
    const part = new RegExp(`(?:^|${sign})(?:"((?:[^"]|"")*)"|([^${sign}]*))`, "g");
    const whole = (cell) => cell.replace(/^'(?='*[=+\-@＝＋－＠])/, "");
    const parts = (line) => [...line.matchAll(part)].map(([, quoted, plain]) => whole(quoted?.replaceAll('""', '"') ?? plain));
    const [names, ...lines] = text.trim().split(/\r?\n/).map(parts);
    return lines.map((line) => Object.fromEntries(names.map((name, place) => [name, line[place]])));
  }

  if (!main || !label) return;
  window.kvNumber = { make, rowsOf, roleOf, addressOf };
  main.classList.add("kv-can-ask");
  const watcher = new IntersectionObserver(
    (entries) =>
      entries.forEach(({ isIntersecting, target }) => {
        if (!isIntersecting) return;
        watcher.unobserve(target);
        prepareTable(target);
      }),
    { rootMargin: "200px 0px" }
  );
  prepareSentences();
  main.querySelectorAll("table:has(th[data-kv-role])").forEach((one) => watcher.observe(one));
  document.addEventListener("kv-filled", () => {
    prepareSentences();
    main.querySelectorAll("table:has(td[data-unit])").forEach(prepareTable);
  });
  document.addEventListener("click", (event) => {
    const place = pressed(event);
    if (place) open(place);
    else askDrawn(event);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Tab") settle();
    const place = event.target.matches?.(ASKED) ? event.target : null;
    if (!place) return;
    step(event, place);
    if (place.tagName === "BUTTON" || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    open(place);
  });
  openLinked();
})();
