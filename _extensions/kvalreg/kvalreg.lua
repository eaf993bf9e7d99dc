-- What every page gets, from Quarto and from the embedded Pandoc alike: the words of its language, and our files.
-- In comes a page with `lang` and, on synthetic sites, `synthetic: true`; the templates read `kv-words`.

local words = {
  nb = {
    locale = "nb_NO",
    skip = "Hopp til hovedinnhold",
    breadcrumb = "Du er her",
    toc = "På denne siden",
    search = "Søk",
    found = "{} treff",
    none = "Ingen treff",
    synthetic = "Syntetiske data. Sykehusene og tallene finnes ikke.",
  },
  nn = {
    locale = "nn_NO",
    skip = "Hopp til hovudinnhald",
    breadcrumb = "Du er her",
    toc = "På denne sida",
    search = "Søk",
    found = "{} treff",
    none = "Ingen treff",
    synthetic = "Syntetiske data. Sjukehusa og tala finst ikkje.",
  },
  en = {
    locale = "en_GB",
    skip = "Skip to main content",
    breadcrumb = "You are here",
    toc = "On this page",
    search = "Search",
    found = "{} results",
    none = "No results",
    synthetic = "Synthetic data. These hospitals and numbers do not exist.",
  },
}

-- What kvalreg.js and number.js load by themselves, from beside them.
local modules = {}
for _, name in ipairs({ "cells.js", "choice.js", "chooser.js", "figures.js", "filters.js", "fold.js", "number_answer.js", "number_drawn.js", "page.js", "rows.js", "tables.js", "vega.js", "yours.js" }) do
  table.insert(modules, { name = name, path = name })
end

function Pandoc(doc)
  local language = pandoc.utils.stringify(doc.meta.lang or "nb")
  doc.meta["kv-words"] = words[language] or words.nb
  if quarto then
    quarto.doc.add_html_dependency({
      name = "kvalreg",
      version = "0.2.0",
      stylesheets = { "kvalreg.css" },
      scripts = {
        { path = "kvalreg.js", attribs = { type = "module" } },
        { path = "search.js", attribs = { defer = "defer" } },
        { path = "number.js", attribs = { defer = "defer" } },
      },
      resources = modules,
    })
  end
  return doc
end
