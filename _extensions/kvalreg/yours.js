/* The chosen unit in texts and tables. Where it has no cell of its own, the unit above it stands in, and the text says
   so. All numbers are read from the page, where they stand as text: nothing is computed here. */

import { cellsFor, cellsOf } from "./cells.js";
import { follow } from "./choice.js";
import { make, say } from "./page.js";

const SHAPES = {
  high: '<circle cx="8" cy="8" r="6.5" fill="currentColor"/>',
  moderate: '<path d="M8 1.5a6.5 6.5 0 0 0 0 13z" fill="currentColor"/>',
  low: "",
};

export function showYours() {
  let latest;
  follow(async (chain) => {
    latest = chain;
    document.querySelectorAll("table:has(tr[data-unit])").forEach((table) => markRow(table, chain));
    await cellsFor(chain);
    if (chain !== latest) return; // another choice was made, or this one cleared, while cells were on their way
    document.querySelectorAll(".kv-yours").forEach((text) => tell(text, chain));
    document.querySelectorAll("table:has(.kv-yours-cell)").forEach((table) => fillTable(table, chain));
    document.dispatchEvent(new Event("kv-filled"));
  });
}

/* "Ditt sykehus" in front of a sentence of the page's own. */
function tell(text, chain) {
  const cells = cellsOf(text);
  const unit = chain.find((one) => cells.units[one.orgnr]);
  text.hidden = !chain.length;
  if (!chain.length) return;
  const sentences = [];
  if (unit !== chain[0]) sentences.push(say(unit ? "above" : "without", { name: chain[0].name, above: unit?.name }));
  if (unit) sentences.push(...marked(cells.units[unit.orgnr]));
  text.dataset.kvCell = ["", text.dataset.ind, text.dataset.context, cells.year ?? "", unit?.orgnr ?? ""]
    .map(encodeURIComponent)
    .join("/");
  text.replaceChildren(make("strong", {}, `${say(chain[0].level)}:`), ...sentences.flatMap((part) => [" ", part]));
}

/* A unit's sentence and its note, whose number or state number.js can be asked about. The sentence begins with the
   unit's name and its number; the note of a cell that is not shown begins with the word that its cells have. */
function marked({ name, value, patients, text, note, cell }) {
  const number = value ?? patients;
  const before = `${name}: `;
  const parts = [text];
  if (number && text.startsWith(before + number)) {
    const told = make("data", value ? {} : { "data-kv-role": "n" }, number);
    parts.splice(0, 1, whole(before, told, text.slice(before.length + number.length)));
  }
  if (note?.startsWith(cell)) parts.push(whole(make("span", { "data-kv-role": "value" }, cell), note.slice(cell.length)));
  else if (note) parts.push(note);
  return parts;
}

/* Parts without spaces between. */
function whole(...parts) {
  return make("span", {}, ...parts);
}

/* Two columns of the table of indicators: the unit, and the nearest above it that has a cell. */
function fillTable(table, chain) {
  const above = chain.slice(1);
  const notes = new Map();
  table.querySelectorAll(".kv-yours-cell").forEach((place) => {
    const wanted = place.dataset.what === "unit" ? chain.slice(0, 1) : above;
    const cells = cellsOf(place);
    const unit = wanted.find((one) => cells.units[one.orgnr]);
    place.hidden = !wanted.length;
    place.dataset.label = wanted[0]?.name ?? "";
    place.dataset.sort = unit ? sortedBy(cells, unit) : "";
    if (unit) place.dataset.unit = unit.orgnr; // number.js asks about that unit
    else delete place.dataset.unit;
    place.replaceChildren(...(unit ? cellContent(cells.units[unit.orgnr]) : [say("noCell")]));
    if (unit && unit !== wanted[0]) place.append(make("span", { class: "kv-note" }, unit.name));
    const { note, cell } = cells.units[unit?.orgnr] ?? {};
    if (note) notes.set(note, cell);
  });
  explain(table, notes);
  [...table.querySelectorAll(".kv-yours-head")].forEach((head, column) => {
    const unit = [chain[0], above[0]][column];
    head.hidden = !unit;
    const words = head.querySelector("button") ?? head;
    words.textContent = unit ? `${say(unit.level)}: ${unit.name}` : "";
  });
}

/* Why the chosen units' cells are not shown, below the table that has them: each reason with the word of its cells. */
function explain(table, notes) {
  const box = table.closest(".kv-scroll") ?? table;
  if (box.nextElementSibling?.matches(".kv-yours-notes")) box.nextElementSibling.remove();
  if (!notes.size) return;
  const told = [...notes].map(([note, word]) => make("p", {}, note.startsWith(word) ? note : `${word}. ${note}`));
  box.after(make("div", { class: "kv-yours-notes kv-note" }, ...told));
}

function sortedBy({ year, series }, { orgnr }) {
  return series.find(([one, of]) => one === orgnr && of === year)?.[2] ?? "";
}

function cellContent(cell) {
  if (!cell.shown) return [cell.cell];
  const content = [make("strong", {}, cell.value)];
  if (cell.level) {
    const level = make("span", { class: `kv-level kv-${cell.level}` });
    level.innerHTML =
      '<svg class="kv-symbol" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">' +
      `<circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5"/>${SHAPES[cell.level]}</svg> `;
    level.append(cell.levelText);
    content.push(" ", level);
  }
  return content;
}

/* One row of a table of units: the chosen unit's, or the nearest above it that has one. In words, not colour alone. */
function markRow(table, chain) {
  table.querySelectorAll("tr.kv-chosen").forEach((row) => {
    row.classList.remove("kv-chosen");
    row.querySelector(".kv-tag").remove();
  });
  const rows = [...table.querySelectorAll("tr[data-unit]")];
  const unit = chain.find((one) => rows.some((row) => row.dataset.unit === one.orgnr));
  if (!unit) return;
  const row = rows.find((one) => one.dataset.unit === unit.orgnr);
  row.classList.add("kv-chosen");
  row.cells[0].append(make("span", { class: "kv-tag" }, ` ${say(unit.level)}`));
}
