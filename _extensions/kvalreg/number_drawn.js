/* Which number a mark of a drawing is: the field of the table beside it that tells the same. number.js loads it when a
   reader presses a figure. It knows the still drawing, whose marks stand in the order of the figure's file, and Vega's,
   whose elements know their rows as D3's do. */
(function () {
  "use strict";

  const { rowsOf, roleOf, addressOf } = window.kvNumber;
  const LINES = ["compare", "coverage"];
  const LEVELS = ["low", "moderate", "high"]; // from the foot of a bar
  const SINGLE = ["symbol", "rect", "rule", "text"];
  const AROUND = [0, 6, 12]; // pixels: a finger and a dot seldom meet

  function drawn(figure, at) {
    const row = markAt(figure, at);
    return row && fieldOf(figure, row);
  }

  /* The row of the mark that was pressed, or of the nearest. */
  function markAt(figure, { clientX, clientY }) {
    const rows = figure.querySelector(".kv-live") ? liveRow : stillRows(figure);
    for (const far of AROUND) {
      for (let turn = 0; turn < (far ? 8 : 1); turn += 1) {
        const [x, y] = [Math.cos, Math.sin].map((part) => far * part((turn * Math.PI) / 4));
        const there = document.elementsFromPoint(clientX + x, clientY + y).filter((one) => figure.contains(one) && rows(one));
        // What is described is a number; the ring around a chosen unit may lie over another's.
        const mark = there.find((one) => one.hasAttribute("aria-label")) ?? there[0];
        if (mark) return rows(mark);
      }
    }
    return lineAt(figure, clientY);
  }

  function liveRow(element) {
    const { datum, mark } = (element.closest("text") ?? element).__data__ ?? {};
    const isRow = SINGLE.includes(mark?.marktype) && datum && !("lane" in datum);
    return isRow && ("orgnr" in datum || "year" in datum) ? datum : null;
  }

  /* The marks and values of a still drawing, each with its row. */
  function stillRows(figure) {
    const rows = fileRows(figure);
    const marks = [...figure.querySelectorAll(".kv-marks :is(circle, path, rect)")];
    if (figure.dataset.figure === "levels") return (element) => barRow(element, marks, rows);
    const values = LINES.includes(figure.dataset.figure) ? valuesOf(figure) : [];
    return (element) => rows[Math.max(marks.indexOf(element), values.indexOf(element))];
  }

  /* Bars stand in the order of years, and their parts one on the other. */
  function barRow(element, marks, rows) {
    if (!marks.includes(element)) return null;
    const place = (one, name) => Number(one.getAttribute(name));
    const bars = [...new Set(marks.map((one) => place(one, "x")))].sort((one, other) => one - other);
    const row = rows[bars.indexOf(place(element, "x"))];
    const parts = marks.filter((one) => place(one, "x") === place(element, "x"));
    parts.sort((one, other) => place(other, "y") - place(one, "y"));
    const there = LEVELS.filter((level) => Number(row[`units_${level}`]));
    return { year: row.year, at: there[parts.indexOf(element)] };
  }

  /* In a still drawing with a line for each unit the whole line is pressed, as Vega's frame around it is. */
  function lineAt(figure, y) {
    if (!LINES.includes(figure.dataset.figure) || figure.querySelector(".kv-live")) return null;
    const at = valuesOf(figure).findIndex((value) => {
      const { top, height } = value.getBoundingClientRect();
      return Math.abs(top + height / 2 - y) < height * 0.75;
    });
    return fileRows(figure)[at];
  }

  function valuesOf(figure) {
    return [...figure.querySelectorAll('.kv-chart [data-kv-role="value"] text')];
  }

  /* The rows of the figure's file that are drawn. */
  function fileRows(figure) {
    const address = figure.querySelector(".kv-csv").getAttribute("href");
    const text = decodeURIComponent(address.slice(address.indexOf(",") + 1)).replace(/^\uFEFF/, "");
    return rowsOf(text, ";").filter(({ shown }) => shown !== "false");
  }

  function fieldOf(figure, { orgnr, unit, year, at }) {
    const wanted = { levels: [`units-${at}`], change: ["change"] }[figure.dataset.figure] ?? ["value", "yours"];
    const isNamed = figure.querySelector("thead th").dataset.kvRole === "unit";
    return [...figure.querySelectorAll("tbody td")].find((field) => {
      const [, , , ofYear, ofUnit] = addressOf(field);
      const isYear = year === undefined || parseInt(year, 10) === Number(ofYear);
      const name = field.parentElement.cells[0].textContent;
      const isUnit = orgnr ? orgnr === ofUnit : !isNamed || name === unit;
      return wanted.includes(roleOf(field)) && isYear && isUnit && (orgnr || roleOf(field) !== "yours");
    });
  }

  window.kvDrawn = drawn;
})();
