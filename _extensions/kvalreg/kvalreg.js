/* What JavaScript adds to a page that shows everything without it: Ditt sykehus, live figures, sorting, filters, whole prints.
   Asks nothing of any other host. A page opened straight from a disk loads no modules, and shows what it holds. */

import { find } from "./choice.js";
import { offerToFollow, showChooser } from "./chooser.js";
import { watchFigures } from "./figures.js";
import { makeFilters } from "./filters.js";
import { foldIndicators } from "./fold.js";
import { makeSortable } from "./tables.js";
import { showYours } from "./yours.js";

/* On paper everything is open: what was folded is opened for the print, and folded again after it. */
function openForPrint() {
  let folded = [];
  matchMedia("print").addEventListener("change", ({ matches }) => {
    if (matches) folded = [...document.querySelectorAll("main details:not([open])")];
    folded.forEach((details) => (details.open = matches));
  });
}

/* Quarto's search field names itself in English whatever the page's language is; its box knows the word. */
function nameQuartosSearch() {
  const box = document.querySelector("#quarto-search[title]");
  if (!box) return;
  box.querySelectorAll('[aria-label="Search"]').forEach((part) => part.setAttribute("aria-label", box.title));
  box.querySelectorAll('[title="Search"]').forEach((part) => (part.title = box.title));
}

makeSortable();
makeFilters();
foldIndicators();
showChooser();
offerToFollow();
showYours();
watchFigures();
openForPrint();
setTimeout(nameQuartosSearch);
find();
