/* Sorting of tables: each heading of a column becomes a button, so that keyboard and screen reader have it at once. */

import { make, say } from "./page.js";

export function makeSortable() {
  document.querySelectorAll("table[data-sortable]").forEach((table) => {
    table.tHead.dataset.label = say("sort");
    [...table.tHead.rows[0].cells].forEach(makeSorting);
  });
}

/* A heading whose column can be sorted by pressing it. */
export function makeSorting(head) {
  const button = make("button", { type: "button", class: "kv-sort" }, ...head.childNodes);
  button.addEventListener("click", () => sort(head.closest("table"), head));
  head.append(button);
}

function sort(table, head) {
  const column = head.cellIndex;
  const down = head.getAttribute("aria-sort") === "ascending";
  table.querySelectorAll("th[aria-sort]").forEach((one) => one.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, key: key(row.cells[column]) }));
  const numbers = rows.every(({ key }) => key === "" || !Number.isNaN(Number(key)));
  const language = table.closest("[lang]").lang;
  const compare = numbers
    ? (one, other) => Number(one) - Number(other)
    : (one, other) => one.localeCompare(other, language, { numeric: true });
  // What has no number stays last, whichever way the others go.
  rows.sort((one, other) => {
    if (!one.key || !other.key) return !one.key - !other.key;
    return compare(one.key, other.key) * (down ? -1 : 1);
  });
  body.append(...rows.map(({ row }) => row));
}

/* What a cell is ordered by: what it says itself, otherwise its text. */
function key(cell) {
  return cell?.dataset.sort ?? cell?.textContent.trim() ?? "";
}
