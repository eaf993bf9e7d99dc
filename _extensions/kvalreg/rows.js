/* The rows of a figure's chart. Its file and its table stand beside it and tell most of them; the spec has the rest. */

const drawn = new WeakMap();

/* The figure's own rows, put together once. */
export function rowsOf(figure) {
  if (!drawn.has(figure)) {
    const { data } = JSON.parse(figure.querySelector("script.kv-spec").textContent);
    drawn.set(figure, data?.values ?? joined(figure, data ?? {}));
  }
  return drawn.get(figure).map((row) => ({ ...row }));
}

/* Rows that are told column by column; what a row has not is left out. */
export function rowsIn(columns, rows = []) {
  if (Array.isArray(columns)) return columns;
  Object.entries(columns).forEach(([name, values]) =>
    values.forEach((value, at) => {
      rows[at] ??= {};
      if (value !== null) rows[at][name] = value;
    })
  );
  return rows;
}

function joined(figure, { table, sorts, columns = {} }) {
  if (!table) return rowsIn(columns);
  const lines = [...figure.querySelectorAll("tr[data-unit]")].map((line) => [line.dataset.unit, line.cells]);
  const cells = new Map(lines);
  const rows = fileRows(figure).filter(({ shown }) => shown !== "false");
  rows.forEach((row) => {
    const beside = cells.get(row.orgnr);
    Object.entries(table).forEach(([name, at]) => (row[name] = beside[at].textContent));
    Object.entries(sorts).forEach(([name, at]) => (row[name] = Number(beside[at].dataset.sort ?? beside[at].textContent)));
  });
  return rowsIn(columns, rows);
}

/* The rows of the figure's file: numbers with a decimal comma, names as they are, and nothing where nothing is told. */
function fileRows(figure) {
  const address = figure.querySelector(".kv-csv").getAttribute("href");
  const text = decodeURIComponent(address.slice(address.indexOf(",") + 1)).replace(/^\uFEFF/, "");
  const [names, ...lines] = text.trim().split(/\r?\n/).map(parts);
  return lines.map((line) =>
    Object.fromEntries(names.flatMap((name, at) => (line[at] ? [[name, value(name, line[at])]] : [])))
  );
}

function value(name, text) {
  const isNumber = name !== "orgnr" && name !== "unit" && /^-?\d+(,\d+)?(e[+-]?\d+)?$/.test(text);
  return isNumber ? Number(text.replace(",", ".")) : text.replace(/^'(?='*[=+\-@＝＋－＠])/, "");
}

function parts(line) {
  return [...line.matchAll(/(?:^|;)(?:"((?:[^"]|"")*)"|([^;]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"')
  );
}
