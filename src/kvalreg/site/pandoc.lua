-- The embedded renderer's one Pandoc process: every page of a staged project, one after the other.
-- In: a JSON file that names the pages and what stands around them (written by pandoc.py). Out: one HTML file per page
-- where it says, and on stdout a JSON list with what of each page is not supported.

local job = pandoc.json.decode(pandoc.system.read_file(arg[1]), false)
local template = pandoc.template.compile(pandoc.system.read_file(job.template), job.partials)
local writer = pandoc.WriterOptions({
  template = template,
  table_of_contents = true,
  toc_depth = 3,
  section_divs = true,
  wrap_text = "wrap-none",
  highlight_method = "none",
})

local front_matter = pandoc.List({ "title", "lang", "description", "kv-breadcrumb", "synthetic", "kv-address", "kv-changed", "kv-image" })

-- What stands behind each place of a plain text, to the end of its line.
local function lines_with(text, plain)
  local at = 1
  return function()
    local first, last = text:find(plain, at, true)
    if not first then return nil end
    local stop = text:find("\n", last, true) or #text + 1
    at = last + 1
    return text:sub(last + 1, stop - 1)
  end
end

-- What Quarto would make more of than plain Pandoc does, by name.
local function unsupported(text, doc)
  local found = pandoc.List({})
  local function refuse(what)
    if not found:includes(what) then found:insert(what) end
  end
  if text:find("{{<", 1, true) then -- a plain look first, here and below: most of a page is figures without any of it
    for shortcode in text:gmatch("{{<%s*([%w-]+)") do refuse("shortcode '" .. shortcode .. "'") end
  end
  for fence in lines_with(text, "```") do
    local engine = fence:match("^`*%s*{+(%a[%w-]*)[^}\n]*}")
    if engine then refuse("executable cell '" .. engine .. "'") end
  end
  for key in pairs(doc.meta) do
    if not front_matter:includes(key) then refuse("front matter key '" .. key .. "'") end
  end
  local function own_classes(element)
    for _, class in ipairs(element.classes) do
      if class:sub(1, 3) ~= "kv-" then refuse("class '" .. class .. "'") end
    end
    for key in pairs(element.attributes) do
      if key ~= "lang" and key ~= "kv-text" then refuse("attribute '" .. key .. "'") end
    end
    if element.identifier:match("^%a+%-") and element.classes[1] == nil then refuse("cross-reference '#" .. element.identifier .. "'") end
  end
  local function own_raw(element)
    if element.format ~= "html" then refuse("raw " .. element.format) end
  end
  doc:walk({
    Div = own_classes,
    Span = own_classes,
    RawBlock = own_raw,
    RawInline = own_raw,
    Cite = function(cite) refuse("citation or cross-reference '@" .. cite.citations[1].id .. "'") end,
    Math = function() refuse("formula") end,
    Note = function() refuse("footnote") end,
    Header = function(heading)
      if heading.level == 1 then refuse("heading of level 1 '" .. pandoc.utils.stringify(heading) .. "'") end
    end,
  })
  return found
end

-- An address in a page as Quarto resolves it: `/` is the site's root, and `.qmd` is served as `.html`.
local function resolve(href, root)
  if href:match("^%a[%w+.-]*:") or href:match("^//") then return href end
  local path, rest = href:match("^([^?#]*)(.*)$")
  if path:sub(1, 1) == "/" then path = root .. path:sub(2) end
  return path:gsub("%.qmd$", ".html") .. rest
end

-- Pages name the same addresses again and again, most of them as they should be: each is looked at once for a root.
local looked_at = {}
local function resolve_attributes(text, start, root)
  local resolved = looked_at[root] or {}
  looked_at[root] = resolved
  local parts, kept, at = {}, 1, 1
  while true do
    local _, last = text:find(start, at, true)
    local stop = last and text:find('"', last + 1, true)
    if not stop then break end
    local address = text:sub(last + 1, stop - 1)
    if not resolved[address] then
      resolved[address] = (address == "" or address:sub(1, 1) == "#") and address or resolve(address, root)
    end
    if resolved[address] ~= address then
      table.insert(parts, text:sub(kept, last))
      table.insert(parts, resolved[address])
      kept = stop
    end
    at = stop
  end
  if kept == 1 then return text end
  table.insert(parts, text:sub(kept))
  return table.concat(parts)
end

local function resolve_html(html, root)
  for _, start in ipairs({ ' href="', ' src="' }) do html = resolve_attributes(html, start, root) end
  return html
end

local function resolve_links(doc, root)
  local function raw(element)
    if element.format ~= "html" then return nil end
    element.text = resolve_html(element.text, root)
    return element
  end
  return doc:walk({
    Link = function(link) link.target = resolve(link.target, root) return link end,
    Image = function(image) image.src = resolve(image.src, root) return image end,
    RawBlock = raw,
    RawInline = raw,
  })
end

-- A page with its raw blocks of HTML taken out, and these: Pandoc passes megabytes of them through, and each step costs.
-- In their places stand marks; of a page that has such a mark itself nothing is taken out.
local MARK = "<!--kv-raw "
local function mark(number) return MARK .. number .. "-->" end

local function take_out(text)
  local blocks, parts, at = {}, {}, 1
  if text:find(MARK, 1, true) then return text, blocks end
  while true do
    local first, last = text:find("{=html}\n", at, true)
    if not first then break end
    local fence = text:sub(math.max(at, first - 20), first - 1):match("\n(```+)$")
    local stop = fence and text:find("\n" .. fence .. "\n", last + 1, true)
    if stop then
      table.insert(blocks, text:sub(last + 1, stop - 1))
      table.insert(parts, text:sub(at, last) .. mark(#blocks))
      at = stop
    else
      table.insert(parts, text:sub(at, last))
      at = last + 1
    end
  end
  table.insert(parts, text:sub(at))
  return table.concat(parts), blocks
end

-- A written page with its blocks back in their places; nil where one has not come through as it was.
local function put_back(html, blocks, root)
  local parts, at = {}, 1
  for number, block in ipairs(blocks) do
    local first, last = html:find(mark(number), at, true)
    if not first then return nil end
    table.insert(parts, html:sub(at, first - 1))
    table.insert(parts, resolve_html(block, root))
    at = last + 1
  end
  table.insert(parts, html:sub(at))
  return table.concat(parts)
end

-- What stands around a page: metadata that the template shows, as text.
local function surround(doc, page)
  for key, value in pairs(page.surround) do doc.meta[key] = value end
  for _, place in ipairs(doc.meta.footer) do
    if place.text then
      local text = pandoc.read(pandoc.utils.stringify(place.text), "markdown")
      place.text = pandoc.utils.blocks_to_inlines(resolve_links(text, page.surround.root).blocks)
    end
  end
  for _, step in ipairs(doc.meta["kv-breadcrumb"] or {}) do
    step.href = resolve(pandoc.utils.stringify(step.href), page.surround.root)
  end
  local title = pandoc.utils.stringify(doc.meta.title or "")
  if title ~= job.title then doc.meta["title-suffix"] = job.title end
  if pandoc.utils.stringify(doc.meta.lang or job.lang) ~= job.lang then doc.meta["site-lang"] = job.lang end
  doc.meta.lang = doc.meta.lang or job.lang
end

local function written(doc, root)
  doc = pandoc.utils.run_lua_filter(resolve_links(doc, root), job.filter)
  return pandoc.write(doc, "html", writer)
end

local account = pandoc.List({})
for _, page in ipairs(job.pages) do
  local text, root = pandoc.system.read_file(page.source), page.surround.root
  local light, blocks = take_out(text)
  local is_read, doc = pcall(pandoc.read, light, "markdown")
  local refused
  if is_read then
    refused = unsupported(text, doc)
    surround(doc, page)
  else
    refused = { "text that Pandoc cannot read: " .. tostring(doc):gsub("%s+", " "):sub(1, 200) }
  end
  account:insert({
    address = page.address,
    refused = refused,
  })
  if #refused == 0 then
    local html = put_back(written(doc, root), blocks, root)
    if not html then
      doc = pandoc.read(text, "markdown")
      surround(doc, page)
      html = written(doc, root)
    end
    pandoc.system.write_file(page.output, html)
  end
end
print(pandoc.json.encode(account))
