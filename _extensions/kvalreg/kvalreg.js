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
        return window.vegaEmbed(live, spec, { actions: false, renderer: "svg", ast: true, defaultStyle: false });
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

    function matches(words) {
      return window.kvSearch
        .map(function (entry) {
          var title = (entry[1] + " " + entry[2]).toLowerCase();
          var all = title + " " + entry[3].toLowerCase();
          var hit = words.every(function (word) { return all.includes(word); });
          var near = words.filter(function (word) { return title.includes(word); }).length;
          return { entry: entry, weight: hit ? 1 + near - (entry[2] ? 0.5 : 0) : 0 };
        })
        .filter(function (match) { return match.weight > 0; })
        .sort(function (a, b) { return b.weight - a.weight; })
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

  watchFigures();
  watchSearch();
})();
