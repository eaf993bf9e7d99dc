/* On a phone the indicators of a year's page are folded, each under its name, so that a reader finds theirs without
   scrolling past the others. An address that leads into one opens it; a print has them all open. */

import { make } from "./page.js";

const NARROW = matchMedia("(max-width: 40rem)");

export function foldIndicators() {
  const sections = [...document.querySelectorAll("main section#indicators > section")];
  if (sections.length < 2) return;
  const arrange = () => sections.forEach(NARROW.matches ? fold : unfold);
  NARROW.addEventListener("change", arrange);
  arrange();
  openTarget();
  addEventListener("hashchange", openTarget);
}

/* The heading becomes a button, and all below it goes into one box. */
function fold(section) {
  const [heading, ...below] = section.children;
  if (heading.querySelector("button")) return;
  const box = make("div", { class: "kv-fold-box" }, ...below);
  const button = make("button", { type: "button", class: "kv-fold", "aria-expanded": "false" }, ...heading.childNodes);
  box.hidden = true;
  button.addEventListener("click", () => open(section, box.hidden));
  heading.append(button);
  section.append(box);
}

function unfold(section) {
  const button = section.querySelector(":scope > * > .kv-fold");
  const box = section.querySelector(":scope > .kv-fold-box");
  button?.replaceWith(...button.childNodes);
  box?.replaceWith(...box.childNodes);
}

function open(section, wanted) {
  const box = section.querySelector(":scope > .kv-fold-box");
  if (!box) return;
  box.hidden = !wanted;
  section.querySelector(".kv-fold").setAttribute("aria-expanded", String(wanted));
}

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const section = target && target.closest("section#indicators > section");
  if (!section) return;
  open(section, true);
  target.scrollIntoView();
}
