/* What the page knows of every unit, by indicator and context: in a file beside the page, fetched once a unit is chosen. */

const NOTHING = { units: {}, series: [] };
const known = new Map();
let loading;

/* Resolves when the cells are there for those who ask about these units; at once when nobody is chosen. */
export function cellsFor(chain) {
  if (chain.length) loading ??= load();
  return loading;
}

/* The published cells of the indicator and context that an element is about. */
export function cellsOf({ dataset: { ind, context } }) {
  return known.get(`${ind} ${context}`) ?? NOTHING;
}

async function load() {
  const files = new Set([...document.querySelectorAll("script.kv-units")].map((script) => script.dataset.src));
  for (const file of files) {
    const answer = await fetch(file);
    if (!answer.ok) throw new Error(answer.statusText);
    (await answer.json()).forEach((block) => known.set(`${block.ind_id} ${block.context}`, block));
  }
}
