/* The answer to "Where does this number come from?": a dialog, made of the open data and of the words in tall.js.
   number.js loads it when a reader asks. Where nothing can be fetched, it tells what the page itself knows. */
(function () {
  "use strict";

  const { make, rowsOf } = window.kvNumber;
  const main = document.querySelector("main");
  const language = document.documentElement.lang;
  const locales = { nb: ["nb"], nn: ["nn", "nb"], en: ["en-GB"] }[language] ?? ["nb"];
  const SHARES = ["andel", "dg_andel", "beregnet_andel"];
  let root;
  let dialog;
  let asked = 0;

  /* --- what is known --------------------------------------------------------------------------------------------- */
  async function get(address, form = "json") {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.statusText);
    return answer[form]();
  }

  function slugOf(ind) {
    return ind.toLowerCase().replace(/[^a-z0-9_]+/g, "-").replace(/^-+|-+$/g, "");
  }

  /* The indicator with all its rows. Ids that look alike have addresses that only the list of all knows. */
  async function indicatorOf([registry, ind]) {
    const api = `${root}api/v1/`;
    const guess = `data/${registry}/indicators/${slugOf(ind)}.json`;
    let found = await get(api + guess).catch(() => ({}));
    let address = guess;
    if (found.ind_id !== ind) {
      const { registries } = await get(`${api}index.json`);
      const all = registries.find(({ registry_name }) => registry_name === registry)?.indicators ?? [];
      address = all.find(({ ind_id }) => ind_id === ind)?.address;
      found = await get(api + address);
    }
    const described = await get(`${api}data/${registry}/descriptions.json`);
    const { short_description } = described.find(({ id }) => id === ind) ?? {};
    return { ...found, short_description, address: api + address };
  }

  /* Every change of a cell from one edition to the next, the newest first. */
  async function changesOf([registry, ind, context, year, unit]) {
    const list = await get(`${root}endringer/utgaver.json`);
    const editions = root.replace(/utgaver\/[^/]+\/$/, "") + "utgaver/";
    const steps = [{ ...list, place: root }, ...list.editions.map((one) => ({ ...one, place: `${editions}${one.name}/` }))];
    const files = steps.filter(({ changed }) => changed.includes(registry));
    const found = await Promise.all(
      files.map(async (one) => {
        const rows = rowsOf(await get(`${one.place}endringer/${registry}.csv`, "text"), ",");
        const row = rows.find((row) => row.ind_id === ind && row.context === context && row.year === year && row.orgnr === unit);
        return row ? [{ ...one, row }] : [];
      })
    );
    return { isFirst: !list.since && !list.editions.length, changes: found.flat() };
  }

  /* --- numbers as pages write them ------------------------------------------------------------------------------- */
  function decimalsOf({ sformat }) {
    return parseInt(sformat?.split(".").pop(), 10) || 0;
  }

  function number(value, decimals = 0) {
    const rounded = Math.floor(Math.abs(value) * 10 ** decimals + 0.5 + 1e-9) / 10 ** decimals;
    const signed = rounded ? Math.sign(value) * rounded : 0;
    return signed.toLocaleString(locales, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  }

  function exact(value) {
    return value.toLocaleString(locales, { maximumSignificantDigits: 6 });
  }

  function percent(share) {
    return share.toLocaleString(locales, { style: "percent", maximumFractionDigits: 2 });
  }

  function perOf(about) {
    const isFine = (level) => level != null && Math.abs(level * 100 - Math.round(level * 100)) > 1e-9;
    if (about.type === "dg_andel") return 100;
    return decimalsOf(about) > 0 || isFine(about.level_green) || isFine(about.level_yellow) ? 1000 : 100;
  }

  function valueText(value, about, say) {
    if (!SHARES.includes(about.type)) return [number(value, decimalsOf(about)), about.measure_unit].filter(Boolean).join(" ");
    let per = perOf(about);
    if (per < 1000 && value > 0 && value < 1 && [0, per].includes(Math.round(value * per))) per = 1000;
    return say("frequency", { count: number(value * per), per });
  }

  function unrounded(value, about, say) {
    const per = perOf(about);
    if (SHARES.includes(about.type)) return say("frequency", { count: exact(value * per), per });
    return [exact(value), about.measure_unit].filter(Boolean).join(" ");
  }

  function day(text) {
    return new Date(`${text}T12:00`).toLocaleDateString(locales, { day: "numeric", month: "long", year: "numeric" });
  }

  function edition(name, say) {
    if (!name) return say("this_edition");
    const [year, month, ...more] = name.split("-");
    const month_of = new Date(year, month - 1).toLocaleDateString(locales, { month: "long", year: "numeric" });
    return [month_of, ...more.map((part) => `(${part})`)].join(" ");
  }

  /* --- the answer ------------------------------------------------------------------------------------------------ */
  async function ask(question) {
    const turn = (asked += 1);
    const { words: catalogues, registries, coverage } = window.kvNumbers;
    root = question.root;
    const texts = catalogues[language] ?? catalogues.nb;
    const say = (key, values = {}) => (texts[key] ?? "").replace(/{(\w+)}/g, (_, name) => values[name] ?? "");
    const [registry, ind] = question.parts;
    const known = { say, coverage, name: registries[registry]?.name ?? registry, lang: registries[registry]?.language ?? language };
    dialog ??= makeDialog(say);
    const pageFacts = [...ownFacts(question, known), ...rowFacts(question, null, null, known)];
    dialog.tell(question, pageFacts, say("waiting"), say);
    if (!dialog.open) dialog.showModal();
    try {
      const about = ind ? await indicatorOf(question.parts) : null;
      const facts = about ? await answer(question, about, known) : { list: pageFacts };
      if (turn === asked) dialog.tell({ ...question, ...facts }, facts.list, "", say);
    } catch {
      if (turn === asked) dialog.tell(question, pageFacts, say("failed"), say);
    }
  }

  /* What the page itself knows. */
  function ownFacts({ parts: [, ind, context, year, unit], role, kind, where, unitName }, { say, name, lang }) {
    const lines = [
      ["counts", [say(`role_${role}`) || say(`role_${kind}`)]],
      ["registry", [make("span", { lang }, name)]],
      ["indicator", ind && [make("code", {}, ind)]],
      ["year", year && [year]],
      ["unit", unit && !unit.startsWith("@") && [unitName || unit]],
      ["context", context && [say(context)]],
      ["where", where && where !== name && [where]],
    ];
    return lines.filter(([, content]) => content);
  }

  async function answer(question, about, known) {
    const { parts: [, , context, year, unit], role, kind } = question;
    const { say, lang } = known;
    const row = about.data.find((row) => row.context === context && `${row.year}` === year && row.orgnr === unit);
    const unitName = row?.unit_level === "nation" ? say("nation") : question.unitName || row?.unit_name;
    const place = [unitName, year, context && say(context)].filter(Boolean).join(", ");
    const heading = [make("span", { lang }, about.ind_title), place];
    const text = question.text || (row?.value === undefined ? "" : valueText(row.value, about, say));
    const editions = row ? await changesOf(question.parts).catch(() => null) : null;
    return {
      text: text || (row ? stateOf(row, about, known)[0] : ""),
      heading: heading.filter(Boolean),
      list: [
        ["counts", [say(`role_${role}`) || say(`role_${kind}`), ...(row ? countsOf(row, about, known) : [])]],
        ["definition", about.short_description && [make("span", { lang }, about.short_description)]],
        ["delivery", deliveryOf(row, about, say)],
        ["how", row || !year ? howOf(row, about, say) : [say("how_several", { year })]],
        ["target", targetOf(about, say)],
        ...rowFacts(question, row, about, known),
        ["editions", editions && editionsOf(editions, row, about, known)],
      ].filter(([, content]) => content?.length),
    };
  }

  /* How many patients, or why the result is not shown. */
  function countsOf(row, about, known) {
    const { say } = known;
    if (row.value === undefined) return stateOf(row, about, known).slice(1);
    const n = row.denominator === undefined ? "" : number(row.denominator);
    const isCount = n && Number.isInteger(row.var) && ["andel", "dg_andel"].includes(about.type);
    if (isCount) return [say("of_patients", { var: number(row.var), n })];
    return n && about.type !== "antall" ? [say("patients", { n })] : [];
  }

  function stateOf({ footnote = "" }, { secret_below, min_denominator }, { say, coverage }) {
    const states = { hidden: ["secret", secret_below], few_patients: ["few_patients", min_denominator], low_coverage: ["low_coverage", coverage] };
    const [state, limit] = states[footnote.split(" ")[0]] ?? [];
    return state ? [say(state), say(`${state}_note`, { limit })] : ["", ""];
  }

  function deliveryOf(row, { delivery_latest_update: update, delivery_latest_affirm: affirm }, say) {
    const dates = update && affirm ? say("delivered", { update: day(update), affirm: day(affirm) }) : say("delivered_unknown");
    if (!row) return [dates];
    return [dates, say(row.footnote?.includes("provisional") ? "provisional" : "final")];
  }

  function howOf(row, about, say) {
    const lines = [say(`how_${about.type}`)];
    if (row?.value === undefined) return lines;
    if (SHARES.includes(about.type)) lines.push(say("per", { per: perOf(about) }));
    if (!Number.isInteger(row.value)) lines.push(say("rounded", { value: unrounded(row.value, about, say) }));
    if (row.low === undefined) return [...lines, say("no_interval")];
    const [low, high] = [row.low, row.high].map((end) => (SHARES.includes(about.type) ? percent(end) : exact(end)));
    return [...lines, say("interval", { low, high }), say(`interval_${about.type}`)];
  }

  function targetOf(about, say) {
    if (about.level_green == null) return null;
    return [say(about.level_direction === 1 ? "target_min" : "target_max", { target: valueText(about.level_green, about, say) })];
  }

  /* Where the numbers are fetched, and the row itself. */
  function rowFacts({ parts: [registry, ind] }, row, about, { say }) {
    const place = `${root}data/${registry}/`;
    const slug = about?.address.replace(/.*\/|\.json$/g, "") ?? slugOf(ind);
    const links = [link(`${place}index.html#${ind ? `ind-${slug}` : "indikatorer"}`, say("row_link"))];
    if (about) links.push(link(about.address, say("row_json")));
    links.push(link(`${place}resultater.csv`, say("row_csv")));
    const content = [make("ul", {}, ...links.map((one) => make("li", {}, one)))];
    if (row) {
      const values = Object.entries(row).map(([name, value]) =>
        make("div", {}, make("dt", {}, make("code", {}, name)), make("dd", {}, `${value}`))
      );
      content.unshift(make("details", { class: "kv-row" }, make("summary", {}, say("row_show")), make("dl", {}, ...values)));
    } else if (about || !ind) content.unshift(say("row_none"));
    return [["row", content]];
  }

  /* Of a number that is not shown now, no earlier one is told. */
  function editionsOf({ isFirst, changes }, row, about, known) {
    const { say } = known;
    const lines = changes.map(({ since, name, row: change }) => {
      const place = { before: edition(since, say), after: edition(name, say) };
      if (row.value === undefined) return say("changed_hidden", place);
      const told = (value, footnote) => (value ? valueText(Number(value), about, say) : stateOf({ footnote }, about, known)[0]);
      const was = told(change.value_before, change.footnote_before);
      const is = told(change.value, change.footnote);
      return was === is ? say("changed_patients", { ...place, was: change.denominator_before, is: change.denominator }) : say("changed", { ...place, was, is });
    });
    return [...(lines.length ? lines : [say(isFirst ? "first" : "unchanged")]), link(`${root}endringer/index.html`, say("log"))];
  }

  /* --- the dialog ------------------------------------------------------------------------------------------------ */
  function makeDialog(say) {
    const title = make("h2", { id: "kv-number-title" }, say("title"));
    const close = make("button", { type: "button", class: "kv-button" }, say("close"));
    const body = make("div", { class: "kv-number-body" });
    const status = make("p", { class: "kv-note", role: "status" });
    const address = make("input", { id: "kv-number-link", readonly: "" });
    const copy = make("button", { type: "button", class: "kv-button" }, say("copy"));
    const share = make("p", { class: "kv-number-share" }, make("label", { for: address.id }, say("copy_title")), address, copy);
    const box = make(
      "dialog",
      { class: "kv-dialog kv-number", "aria-labelledby": title.id },
      make("div", { class: "kv-dialog-head" }, title, close),
      body,
      share,
      status
    );
    close.addEventListener("click", () => box.close());
    box.addEventListener("click", (event) => event.target === box && box.close());
    box.addEventListener("close", forget);
    copy.addEventListener("click", async () => {
      address.select();
      const isCopied = await navigator.clipboard?.writeText(address.value).then(() => true, () => false);
      status.textContent = say(isCopied ? "copied" : "copy_failed");
    });
    box.tell = ({ link: shared, text, heading = [] }, facts, note, say) => {
      const list = facts.flatMap(([key, content]) => [make("dt", {}, say(key)), make("dd", {}, ...content.filter(Boolean).map(paragraph))]);
      const lead = [text && make("strong", {}, text), ...heading.map((one) => make("span", {}, one))].filter(Boolean);
      body.replaceChildren(make("p", { class: "kv-number-lead" }, ...lead), make("dl", {}, ...list));
      address.value = shared;
      status.textContent = note;
    };
    main.append(box);
    return box;
  }

  function paragraph(content) {
    return content.matches?.("ul, details") ? content : make("p", {}, content);
  }

  /* A link to a number asks once: closed, the page has its own address again. */
  function forget() {
    const url = new URL(location.href);
    url.searchParams.delete("tall");
    url.searchParams.delete("rolle");
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  function link(href, text) {
    return make("a", { href }, text);
  }

  window.kvAnswer = ask;
})();
