/* What JavaScript adds to a page that shows everything without it: live charts, and search on the embedded renderer.
   Asks nothing of any other host: Vega lies beside this file and is loaded when the first figure comes near. */
(function () {
  "use strict";

  var folder = document.currentScript.src.replace(/[^/]*$/, "");

  function load(name) {
    return new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      script.src = new URL(name, folder).href;
      script.onload = resolve;
      script.onerror = reject;
      document.head.appendChild(script);
    });
  }

  /* --- figures: the static drawing stays until the live one is ready, and for good when that fails --- */
  var vega;

  function draw(figure) {
    var chart = figure.querySelector(".kv-chart");
    var still = chart.querySelector("svg");
    var live = document.createElement("div");
    live.className = "kv-live";
    live.hidden = true;
    vega = vega || load("vega.js");
    return vega
      .then(function () {
        var spec = JSON.parse(figure.querySelector("script.kv-spec").textContent);
        chart.appendChild(live);
        // Vega measures the width it may fill, so the two change places before it draws.
        chart.style.minHeight = chart.offsetHeight + "px";
        still.style.display = "none";
        live.hidden = false;
        // `ast`: expressions are interpreted, never evaluated as code, which the page's policy forbids.
        return window.vegaEmbed(live, spec, {
          actions: false,
          ast: true,
          defaultStyle: false,
          renderer: "svg",
          tooltip: { theme: window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light" },
        });
      })
      .then(function () {
        still.remove();
      })
      .catch(function () {
        live.remove();
        still.style.display = "";
      })
      .finally(function () {
        chart.style.minHeight = "";
      });
  }

  function watchFigures() {
    var figures = document.querySelectorAll(".kv-figure");
    if (!("IntersectionObserver" in window)) return;
    var watcher = new IntersectionObserver(
      function (entries) {
        entries.forEach(function (entry) {
          if (!entry.isIntersecting || window.matchMedia("print").matches) return;
          watcher.unobserve(entry.target);
          draw(entry.target);
        });
      },
      { rootMargin: "200px 0px" }
    );
    figures.forEach(function (figure) {
      if (figure.querySelector(".kv-chart svg") && figure.querySelector("script.kv-spec")) watcher.observe(figure);
    });
  }

  /* --- search on the embedded renderer: a list of the site's pages and headings in search.js --- */
  function watchSearch() {
    var form = document.querySelector("form.kv-search");
    if (!form) return;
    var field = form.querySelector("input");
    var found = form.querySelector(".kv-found");
    var list;
    form.hidden = false;

    // Every word must be found; a heading counts only for what its page's title does not already say.
    function weigh(entry, words) {
      var page = entry[1].toLowerCase();
      var own = (entry[2] || entry[1]).toLowerCase();
      var all = page + " " + own + " " + entry[3].toLowerCase();
      var count = function (text) { return words.filter(function (word) { return text.includes(word); }).length; };
      if (count(all) < words.length || (entry[2] && !count(own))) return 0;
      return count(own) + (entry[2] ? 0 : 0.5);
    }

    // The best first; among equals the shorter title, which is the registry's own page, then the newest year.
    function matches(words) {
      return window.kvSearch
        .map(function (entry) { return { entry: entry, weight: weigh(entry, words) }; })
        .filter(function (match) { return match.weight > 0; })
        .sort(function (a, b) {
          return b.weight - a.weight || a.entry[1].length - b.entry[1].length || (a.entry[0] < b.entry[0] ? 1 : -1);
        })
        .slice(0, 12);
    }

    function item(entry) {
      var link = document.createElement("a");
      link.href = form.dataset.root + entry[0];
      link.textContent = entry[2] || entry[1];
      if (entry[2]) {
        var page = document.createElement("span");
        page.textContent = entry[1];
        link.appendChild(page);
      }
      var line = document.createElement("li");
      line.appendChild(link);
      return line;
    }

    function show() {
      var words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      found.hidden = !words.length;
      if (!words.length) return;
      var hits = matches(words);
      var count = document.createElement("p");
      var lines = document.createElement("ul");
      count.textContent = hits.length ? form.dataset.found.replace("{}", hits.length) : form.dataset.none;
      hits.forEach(function (hit) { lines.appendChild(item(hit.entry)); });
      found.replaceChildren(count, lines);
    }

    function search() {
      list = list || load("search.js");
      list.then(show);
    }

    field.addEventListener("input", search);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var first = found.querySelector("a");
      if (first && !found.hidden) first.click();
    });
    document.addEventListener("click", function (event) {
      if (!form.contains(event.target)) found.hidden = true;
    });
    form.addEventListener("keydown", function (event) {
      if (event.key === "Escape") {
        found.hidden = true;
        field.focus();
      }
    });
  }

  /* Quarto's search field names itself in English whatever the page's language is; its box knows the word. */
  function nameQuartosSearch() {
    var box = document.querySelector("#quarto-search[title]");
    if (!box) return;
    box.querySelectorAll('[aria-label="Search"]').forEach(function (part) { part.setAttribute("aria-label", box.title); });
    box.querySelectorAll('[title="Search"]').forEach(function (part) { part.title = box.title; });
  }

  watchFigures();
  watchSearch();
  document.addEventListener("DOMContentLoaded", function () { setTimeout(nameQuartosSearch); });
})();
