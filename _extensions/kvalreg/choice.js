/* The unit that the reader has chosen: found in the address or on the device, kept in both, told to all who follow.
   The address wins. A choice that came by somebody's link is not kept on the device: only the reader's own is. */

import { root } from "./page.js";

const NAME = "enhet";
const KEPT = "kvalreg-enhet";
const followers = [];
let list;
let chosen = null;

/* Every unit of the site, by number: orgnr, name, level, parent, page. Asked for when it is first needed. */
export function units() {
  list ??= fetch(new URL("enheter.json", root))
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))))
    .then((all) => new Map(all.map((unit) => [unit.orgnr, unit])))
    .catch((error) => {
      list = undefined;
      throw error;
    });
  return list;
}

/* Call with the chosen unit and those above it, the nearest first; with none when the choice is cleared. */
export function follow(follower) {
  followers.push(follower);
  if (chosen) follower(chosen);
}

/* The reader's own choice; "" clears it. */
export async function choose(orgnr) {
  keep(orgnr);
  await apply(orgnr);
}

/* What the address or the device says, when a page is opened. */
export async function find() {
  document.addEventListener("click", (event) => carry(event.target.closest?.("a[href]")), true);
  const wanted = [new URL(location.href).searchParams.get(NAME), kept()].filter(Boolean);
  if (!wanted.length) return;
  const all = await units();
  const known = wanted.find((orgnr) => all.has(orgnr));
  if (known) await apply(known);
}

async function apply(orgnr) {
  const all = orgnr ? await units() : new Map();
  chosen = [];
  for (let unit = all.get(orgnr); unit; unit = all.get(unit.parent)) chosen.push(unit);
  if (orgnr) document.documentElement.dataset.unit = orgnr;
  else delete document.documentElement.dataset.unit;
  history.replaceState(history.state, "", withChoice(location.href));
  document.querySelectorAll("a[href]").forEach(carry);
  followers.forEach((follower) => follower(chosen));
}

/* A link to another page of the site takes the choice along; one within the page or to a file needs nothing. */
function carry(link) {
  if (!link || !chosen || link.hasAttribute("download") || link.getAttribute("href").startsWith("#")) return;
  if (link.href.startsWith(root.href) && /(\/|\.html)$/.test(link.pathname)) link.href = withChoice(link.href);
}

function withChoice(address) {
  const url = new URL(address);
  if (chosen.length) url.searchParams.set(NAME, chosen[0].orgnr);
  else url.searchParams.delete(NAME);
  return url.href;
}

/* Some readers' browsers keep nothing for a site: the address is enough then. */
function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(orgnr) {
  try {
    if (orgnr) localStorage.setItem(KEPT, orgnr);
    else localStorage.removeItem(KEPT);
  } catch {
    // nothing to do
  }
}
