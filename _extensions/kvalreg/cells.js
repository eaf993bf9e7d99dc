/* What the site knows of units, by indicator and context, fetched once a unit is chosen: for a page with figures a file
   of its year's units beside it and the units' years beside each indicator's page, for a page of many registries
   (`data-unit-cells`) the file beside the chosen unit's page. */

import { root } from "./page.js";

const NOTHING = { units: {}, series: [] };
const known = new Map();
const files = new Map();

/* Resolves when the cells are there for those who ask about these units; at once when nobody is chosen. */
export async function cellsFor(chain) {
  if (!chain.length) return;
  const beside = [...document.querySelectorAll("script.kv-units[data-src]")].map(({ dataset }) => dataset.src);
  const wanted = new Set(beside.map((file) => new URL(file, document.baseURI).href));
  if (document.querySelector("[data-unit-cells]"))
    chain.forEach(({ page }) => page && wanted.add(new URL(page.replace(/[^/]*$/, "tall.json"), root).href));
  await Promise.all([...wanted].map(load));
}

/* The published cells of the indicator and context that an element is about: a page shows no year after its own. */
export function cellsOf({ dataset: { ind, context } }) {
  const { year, units, series } = known.get(`${ind} ${context}`) ?? NOTHING;
  return { year, units, series: series.filter(([, of]) => of <= year) };
}

function load(file) {
  if (!files.has(file)) files.set(file, fetch(file).then(keep));
  return files.get(file);
}

async function keep(answer) {
  if (!answer.ok) throw new Error(answer.statusText);
  (await answer.json()).forEach((block) => {
    const key = `${block.ind_id} ${block.context}`;
    const before = known.get(key) ?? NOTHING;
    const units = { ...before.units, ...block.units };
    known.set(key, { ...before, ...block, units, series: block.series ?? before.series });
  });
}
