/* Live figures: Vega takes over from the static drawing when a figure comes into view, marks the chosen unit, and makes
   the pictures that may be downloaded. The static drawing stays until then, and for good when Vega cannot draw. */

import { cellsFor, cellsOf } from "./cells.js";
import { follow } from "./choice.js";
import { make, say } from "./page.js";
import { rowsIn, rowsOf } from "./rows.js";
import { makeSorting } from "./tables.js";

const print = matchMedia("print");
const dark = matchMedia("(prefers-color-scheme: dark)");
const live = new Map();
let chain = [];
let vega;

export function watchFigures() {
  const watcher = new IntersectionObserver(
    (entries) =>
      entries.forEach(({ isIntersecting, target }) => {
        if (!isIntersecting || print.matches) return;
        watcher.unobserve(target);
        live.set(target, null);
        draw(target);
      }),
    { rootMargin: "200px 0px" }
  );
  const figures = [...document.querySelectorAll(".kv-figure:has(.kv-chart svg, script.kv-spec)")];
  figures.forEach((figure) => {
    watcher.observe(figure);
    offerPictures(figure);
    offerOrders(figure);
  });
  let latest;
  follow(async (units) => {
    latest = units;
    await cellsFor(units);
    if (units !== latest) return; // another choice was made, or this one cleared, while cells were on their way
    chain = units;
    figures.forEach(nameMarked);
    document.dispatchEvent(new Event("kv-filled"));
    live.forEach((_, figure) => draw(figure));
  });
}

/* One drawing at a time: a new choice waits for the drawing that is under way. */
function draw(figure) {
  live.set(
    figure,
    (live.get(figure) ?? Promise.resolve()).then((old) => redraw(figure, old))
  );
}

async function redraw(figure, old) {
  const chart = figure.querySelector(".kv-chart");
  const before = [...chart.children];
  const place = make("div", { class: "kv-live" });
  try {
    await load();
    // Vega measures the width it may fill, so the two change places before it draws.
    chart.style.minHeight = `${chart.offsetHeight}px`;
    before.forEach((one) => (one.style.display = "none"));
    chart.append(place);
    const drawn = await embed(place, chosenSpec(figure), { tooltip: { theme: dark.matches ? "dark" : "light" } });
    old?.finalize();
    before.forEach((one) => one.remove());
    speak(figure, chart);
    return drawn;
  } catch {
    place.remove();
    before.forEach((one) => (one.style.display = ""));
    return old;
  } finally {
    chart.style.minHeight = "";
  }
}

function load() {
  vega ??= import("./vega.js");
  return vega;
}

/* `ast`: expressions are interpreted, never evaluated as code, which the page's policy forbids. */
function embed(place, spec, options) {
  return window.vegaEmbed(place, spec, { actions: false, ast: true, defaultStyle: false, renderer: "svg", ...options });
}

/* The figure's spec with the chosen unit in it: the nearest of it and those above that the figure draws. */
function chosenSpec(figure) {
  const { template, ...own } = JSON.parse(figure.querySelector("script.kv-spec").textContent);
  const spec = template ? { ...own, ...JSON.parse(document.getElementById(template).textContent) } : own;
  if (spec.data?.table || spec.data?.columns) {
    spec.data = { values: rowsOf(figure) };
    Object.entries(spec.datasets).forEach(([name, rows]) => (spec.datasets[name] = rowsIn(rows)));
  }
  const param = spec.params?.find(({ name }) => name === "chosen");
  if (param) param.value = drawnUnit(figure)?.orgnr ?? "";
  order(spec, figure.dataset.order);
  if (spec.datasets?.chosen) {
    spec.datasets.chosen = series(figure).rows;
    widen(spec);
  }
  return spec;
}

/* The axis as far as the chosen unit's numbers go. Its ticks are those that the spec has words for. */
function widen({ datasets, params }) {
  const numbers = datasets.chosen.flatMap(({ value, low, high }) => [value, low, high]).filter(Number.isFinite);
  const { lowest, highest, ticks, labels } = Object.fromEntries(params.map((param) => [param.name, param]));
  if (!numbers.length || !labels) return;
  const known = Object.keys(labels.value).map(Number).sort((one, other) => one - other);
  const [from, to] = [Math.min(lowest.value, ...numbers), Math.max(highest.value, ...numbers)];
  lowest.value = known.findLast((tick) => tick <= from) ?? from;
  highest.value = known.find((tick) => tick >= to) ?? to;
  ticks.value = known.filter((tick) => tick >= lowest.value && tick <= highest.value);
}

/* The years of the chosen unit, or of the nearest above it that has any, with the names that the nation's rows have. */
function series(figure) {
  const cells = cellsOf(figure);
  const unit = chain.find(({ orgnr }) => cells.series.some(([one]) => one === orgnr));
  const own = new Map(cells.series.filter(([orgnr]) => orgnr === unit?.orgnr).map((row) => [row[1], row]));
  const [first, last] = [Math.min(...own.keys()), Math.max(...own.keys())];
  const rows = [];
  for (let year = first; year <= last; year += 1) {
    // A year without a number leaves a gap: a line across it would be a guess.
    const [orgnr, , value = null, low, high, provisional, text] = own.get(year) ?? [];
    rows.push({ orgnr, unit: unit.name, year, value, low, high, provisional, text, last: Number(year === last) });
  }
  return { unit, rows };
}

/* The chosen unit, or the nearest above it that a figure draws. */
function drawnUnit(figure) {
  const there = new Set(chain.length ? rowsOf(figure).map(({ orgnr }) => orgnr) : []);
  return chain.find(({ orgnr }) => there.has(orgnr));
}

/* The unit that a figure marks, and what the page says about it. */
function marked(figure) {
  const cells = cellsOf(figure);
  const unit = figure.dataset.figure === "trend" ? series(figure).unit : drawnUnit(figure);
  return unit && { name: unit.name, text: cells.units[unit.orgnr]?.text ?? "" };
}

/* Which unit is marked, in words: nothing is told by colour alone. The trend's table gets its years as a column. */
function nameMarked(figure) {
  figure.querySelectorAll(".kv-marked").forEach((one) => one.remove());
  const unit = marked(figure);
  if (!unit) return;
  figure.querySelector("figcaption").append(make("span", { class: "kv-marked" }, say("marked", unit)));
  if (figure.dataset.figure !== "trend") return;
  const years = new Map(series(figure).rows.map((row) => [row.year, row]));
  const table = figure.querySelector("table");
  const head = make("th", { scope: "col", class: "kv-marked", "data-kv-role": "yours" }, unit.name);
  table.tHead.rows[0].append(head);
  makeSorting(head);
  [...table.tBodies[0].rows].forEach((row) => {
    const { value, text, orgnr } = years.get(parseInt(row.cells[0].textContent, 10)) ?? {};
    const cell = make("td", { class: "kv-marked", "data-sort": value ?? "" }, text ?? "–");
    if (text) cell.dataset.unit = orgnr; // number.js asks about that unit
    row.append(cell);
  });
}

function offerPictures(figure) {
  for (const kind of ["png", "svg"]) {
    const button = make("button", { type: "button", class: "kv-button" }, figure.dataset[kind] ?? kind.toUpperCase());
    button.addEventListener("click", () => download(figure, kind));
    figure.querySelector(".kv-csv")?.after(button);
  }
}

/* The comparison in the reader's own order: as it is made, by name, or the surest first. */
function offerOrders(figure) {
  if (figure.dataset.figure !== "compare") return;
  const orders = { value: say("orderValue"), name: say("orderName"), certainty: say("orderCertainty") };
  const choices = Object.entries(orders).map(([value, text]) => make("option", { value }, text));
  const select = make("select", {}, ...choices);
  figure.querySelector(".kv-chart").before(make("label", { class: "kv-order" }, `${say("sort")} `, select));
  select.addEventListener("change", () => {
    figure.dataset.order = select.value;
    if (!live.has(figure)) live.set(figure, null);
    draw(figure);
  });
}

/* The nation leads whatever the order is. */
function order({ data, params }, wanted) {
  if (!wanted || wanted === "value") return;
  const first = params.find(({ name }) => name === "first")?.value;
  const leads = ({ orgnr }) => Number(orgnr !== first);
  const language = document.documentElement.lang;
  const compare = { name: (a, b) => a.unit.localeCompare(b.unit, language), certainty: (a, b) => a.rank - b.rank };
  data.values.sort((a, b) => leads(a) - leads(b) || compare[wanted](a, b));
}

/* Inside the chart a screen reader meets the words that the spec gives, and none of Vega's own, which are English. */
function speak(figure, chart) {
  chart.dataset.label ??= chart.getAttribute("aria-label");
  chart.setAttribute("role", "group");
  chart.removeAttribute("tabindex");
  chart.setAttribute("aria-label", `${chart.dataset.label} ${marked(figure)?.text ?? ""}`.trim());
  chart.querySelectorAll("[aria-roledescription]").forEach((one) => one.removeAttribute("aria-roledescription"));
  chart.querySelectorAll("[role^='graphics']:not([aria-label])").forEach((one) => one.removeAttribute("role"));
}

/* A picture of the figure as it stands, with its heading and where it comes from: it will be seen away from its page. */
async function download(figure, kind) {
  await load();
  const heading = figure.closest("section")?.querySelector("h2, h3, h4")?.textContent ?? document.title;
  const caption = [...figure.querySelector("figcaption").childNodes].map((part) => part.textContent).join(". ");
  const title = { text: lines(heading), subtitle: [...lines(caption), ...lines(document.title)], anchor: "start" };
  const style = { fontSize: 16, subtitleFontSize: 13, subtitlePadding: 4, offset: 16 };
  const size = { width: 600, background: "#ffffff", padding: 16 };
  // The page's colours by their values: a picture has no style sheet to find them in.
  const chart = JSON.stringify(chosenSpec(figure)).replace(/var\(--[\w-]+,([^()]+)\)/g, "$1");
  const spec = { ...JSON.parse(chart), ...size, title: { ...title, ...style } };
  const { view } = await embed(document.createElement("div"), spec, { renderer: "none" });
  const link = make("a", { download: `${figure.id}.${kind}`, href: await view.toImageURL(kind, 2) });
  link.click();
  view.finalize();
}

function lines(text) {
  return text.trim().match(/.{1,78}(\s|$)/gs) ?? [];
}
