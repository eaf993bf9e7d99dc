/* Filters of lists and tables. What is asked for stands in the page's address, so that it can be shared and the back
   button undoes it. A row says with `data-f-<key>` what it is; a field of text looks at the row's own words. */

export function makeFilters() {
  document.querySelectorAll("form.kv-filters").forEach(setUp);
}

function setUp(form) {
  const target = document.getElementById(form.dataset.for);
  if (!target) return;
  const status = form.querySelector("[role=status]");
  const rows = [...target.querySelectorAll("[data-f]")];
  const fields = [...form.elements].filter(({ name }) => name);
  const texts = new Map(rows.map((row) => [row, plain(ownText(row))]));

  function show() {
    const asked = fields.filter(({ value }) => value.trim());
    const hits = new Set(rows.filter((row) => asked.every((field) => fits(row, texts.get(row), field))));
    // In a tree, what stands above a hit stays for its sake, and all below one stays too.
    const stays = (row) => hits.has(row) || [...hits].some((hit) => hit.contains(row) || row.contains(hit));
    const nested = rows.some((row) => row.matches("li"));
    rows.forEach((row) => (row.hidden = asked.length > 0 && !(nested ? stays(row) : hits.has(row))));
    groups(target).forEach((group) => (group.hidden = !group.querySelector("[data-f]:not([hidden])")));
    status.textContent = status.dataset.said.replace("{count}", hits.size).replace("{total}", rows.length);
    form.querySelector("[type=reset]").hidden = !asked.length;
  }

  function read() {
    const params = new URLSearchParams(location.search);
    fields.forEach((field) => (field.value = params.get(field.name) ?? ""));
    show();
  }

  /* A choice is a step that the back button undoes; letters typed one after the other are one step. */
  function write(step) {
    const url = new URL(location.href);
    fields.forEach(({ name, value }) => (value.trim() ? url.searchParams.set(name, value) : url.searchParams.delete(name)));
    if (url.href !== location.href) history[step ? "pushState" : "replaceState"](history.state, "", url.href);
    show();
  }

  let typing = false;
  form.hidden = false;
  form.addEventListener("input", ({ target: { type } }) => {
    write(type !== "search" || !typing);
    typing = type === "search";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => {
    fields.forEach((field) => (field.value = ""));
    write(true);
    fields[0].focus();
  }));
  addEventListener("popstate", read);
  read();
}

/* Every word of a text must be in the row; of a choice, the row has it among its own. */
function fits(row, text, { name, type, value }) {
  if (type === "search") return plain(value).split(" ").every((word) => text.includes(word));
  return (row.getAttribute(`data-f-${name}`) ?? "").split("|").includes(value);
}

/* A branch of a tree is called by its own name, not by those below it. */
function ownText(row) {
  return (row.matches("li") ? row.firstElementChild : row).textContent;
}

function plain(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean).join(" ");
}

/* Tables, and sections under a heading, which are hidden when none of their rows is left. */
function groups(target) {
  return [...target.querySelectorAll("section, [data-f-group]")].filter((group) => group.querySelector("[data-f]"));
}
