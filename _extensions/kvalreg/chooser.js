/* The control on every page: which unit is chosen, and a dialog with every unit of the site and a field to find one. */

import { choose, follow, units } from "./choice.js";
import { make, place, say } from "./page.js";

export function showChooser() {
  if (!place) return;
  const name = make("strong", { class: "kv-chooser-name" });
  const open = make("button", { type: "button", class: "kv-button", "aria-haspopup": "dialog" }, say("choose"));
  const clear = make("button", { type: "button", class: "kv-button" }, say("clear"));
  const label = make("span", { class: "kv-chooser-label" }, say("hospital"));
  const dialog = makeDialog();
  place.append(make("p", {}, label, name, open, clear), dialog);
  clear.hidden = true;
  open.addEventListener("click", () => dialog.ask());
  clear.addEventListener("click", () => {
    choose("");
    open.focus();
  });
  follow(([unit]) => {
    label.textContent = say(unit?.level ?? "hospital");
    name.textContent = unit?.name ?? "";
    open.textContent = say(unit ? "change" : "choose");
    clear.hidden = !unit;
  });
}

function makeDialog() {
  const title = make("h2", { id: "kv-dialog-title" }, say("title"));
  const field = make("input", { type: "search", id: "kv-dialog-field", autocomplete: "off" });
  const count = make("p", { role: "status", class: "kv-note" });
  const list = make("ul", { class: "kv-unit-list" });
  const close = make("button", { type: "button", class: "kv-button" }, say("close"));
  const dialog = make(
    "dialog",
    { class: "kv-dialog", "aria-labelledby": title.id },
    make("div", { class: "kv-dialog-head" }, title, close),
    make("label", { for: field.id }, say("filter")),
    field,
    count,
    list,
    make("p", { class: "kv-note" }, say("note"))
  );
  close.addEventListener("click", () => dialog.close());
  field.addEventListener("input", () => filter(list, field.value, count));
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    dialog.close();
    choose(button.value);
  });
  let ready;
  dialog.addEventListener("keydown", async (event) => {
    step(event, [field, ...buttons(list)]);
    if (event.key !== "Enter" || event.target !== field) return;
    event.preventDefault();
    await ready;
    firstFound(list, field.value)?.click();
  });
  // A press outside the box closes it, as Escape does.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.ask = () => {
    dialog.showModal();
    field.value = "";
    field.focus();
    ready = units().then(
      (all) => {
        list.replaceChildren(...branches(all, null));
        filter(list, field.value, count);
      },
      () => (count.textContent = say("failed"))
    );
  };
  return dialog;
}

/* The units as they belong together: RHF, its HFs, their hospitals. Whose parent is not in the list stands at the top. */
function branches(all, parent) {
  const chosen = document.documentElement.dataset.unit;
  return [...all.values()]
    .filter((unit) => (parent ? unit.parent === parent : !all.has(unit.parent)))
    .map((unit) => {
      const button = make("button", { type: "button", value: unit.orgnr }, unit.name);
      if (unit.orgnr === chosen) button.setAttribute("aria-current", "true");
      const line = make("li", { class: `kv-unit-${unit.level}` }, button);
      const below = branches(all, unit.orgnr);
      if (below.length) line.append(make("ul", {}, ...below));
      return line;
    });
}

/* Every word must be found in the name. A unit above stays for the sake of those found below it, without its button
   being found itself; all below a unit that is found stay too. */
function filter(list, text, count) {
  const lines = [...list.querySelectorAll("li")];
  const hits = lines.filter((line) => matches(line.firstChild, text));
  lines.forEach((line) => {
    line.hidden = !hits.some((hit) => hit === line || hit.contains(line) || line.contains(hit));
  });
  count.textContent = text.trim() ? say(hits.length ? "found" : "nothing", { count: hits.length }) : "";
}

function matches(button, text) {
  return text.toLowerCase().split(/\s+/).every((word) => button.textContent.toLowerCase().includes(word));
}

/* What Enter in the field takes: the first hospital that was found, or else the first unit. */
function firstFound(list, text) {
  const found = text.trim() ? buttons(list).filter((button) => matches(button, text)) : [];
  return found.find((button) => button.parentElement.matches(".kv-unit-hospital")) ?? found[0];
}

function buttons(list) {
  return [...list.querySelectorAll("button")].filter((button) => button.checkVisibility());
}

/* Arrows go through the field and the units. */
function step(event, stops) {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = stops.indexOf(document.activeElement);
  if (!way || at < 0) return;
  event.preventDefault();
  stops[Math.min(Math.max(at + way, 0), stops.length - 1)].focus();
}

/* On a unit's own page: a button that makes it the reader's. */
export function offerToFollow() {
  document.querySelectorAll(".kv-follow").forEach((offer) => {
    const { unit } = offer.dataset;
    offer.hidden = false;
    offer.querySelector("button").addEventListener("click", () => choose(unit));
    follow(([chosen]) => (offer.hidden = chosen?.orgnr === unit));
  });
}
