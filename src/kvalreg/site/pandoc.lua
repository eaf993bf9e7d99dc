-- The embedded renderer's one Pandoc process: every page of a staged project, one after the other.
-- Input: a JSON file with the pages and the navigation around each (written by pandoc.py). Output: one HTML file per page,
-- and on stdout a JSON list with the unsupported features of each page.

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

-- Iterates over the rest of the line after each occurrence of a plain text.
local function lines_with(text, plain)
  local position = 1
  return function()
    local first, last = text:find(plain, position, true)
    if not first then return nil end
    local stop = text:find("\n", last, true) or #text + 1
    position = last + 1
    return text:sub(last + 1, stop - 1)
  end
end

-- Names of the features that Quarto has and plain Pandoc has not.
local function unsupported(text, doc)
  local features = pandoc.List({})
  local function refuse(feature)
    if not features:includes(feature) then features:insert(feature) end
  end
  if text:find("{{<", 1, true) then -- a plain search first, here and below: most of a page is figures without any of it
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
  return features
end

-- An address in a page as Quarto resolves it: `/` is the site's root, and `.qmd` is served as `.html`.
local function resolve(href, root)
  if href:match("^%a[%w+.-]*:") or href:match("^//") then return href end
  local path, rest = href:match("^([^?#]*)(.*)$")
  if path:sub(1, 1) == "/" then path = root .. path:sub(2) end
  return path:gsub("%.qmd$", ".html") .. rest
end

-- Pages have the same addresses many times, most of them resolved already: each is resolved once for a root. Text is
-- copied only where an address changes.
local resolved_by_root = {}
local function resolve_attributes(text, start, root)
  local resolved = resolved_by_root[root] or {}
  resolved_by_root[root] = resolved
  local parts, copied, position = {}, 1, 1
  while true do
    local _, last = text:find(start, position, true)
    local stop = last and text:find('"', last + 1, true)
    if not stop then break end
    local address = text:sub(last + 1, stop - 1)
    if not resolved[address] then
      resolved[address] = (address == "" or address:sub(1, 1) == "#") and address or resolve(address, root)
    end
    if resolved[address] ~= address then
      table.insert(parts, text:sub(copied, last))
      table.insert(parts, resolved[address])
      copied = stop
    end
    position = stop
  end
  if copied == 1 then return text end
  table.insert(parts, text:sub(copied))
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

-- A page with placeholders for its raw blocks of HTML, and these blocks: pages hold megabytes of them, which Pandoc would
-- read, walk through and write for nothing. On a page that has such a placeholder itself, all blocks stay.
local PLACEHOLDER = "<!--kv-raw "
local function placeholder(number) return PLACEHOLDER .. number .. "-->" end

local function extract_blocks(text)
  local blocks, parts, position = {}, {}, 1
  if text:find(PLACEHOLDER, 1, true) then return text, blocks end
  while true do
    local first, last = text:find("{=html}\n", position, true)
    if not first then break end
    local fence = text:sub(math.max(position, first - 20), first - 1):match("\n(```+)$")
    local stop = fence and text:find("\n" .. fence .. "\n", last + 1, true)
    if stop then
      table.insert(blocks, text:sub(last + 1, stop - 1))
      table.insert(parts, text:sub(position, last) .. placeholder(#blocks))
      position = stop
    else -- no block begins here, such as where the words are part of a code block
      table.insert(parts, text:sub(position, last))
      position = last + 1
    end
  end
  table.insert(parts, text:sub(position))
  return table.concat(parts), blocks
end

-- A written page with its blocks for the placeholders; nil where Pandoc has changed a placeholder, as in a code block.
local function insert_blocks(html, blocks, root)
  local parts, position = {}, 1
  for number, block in ipairs(blocks) do
    local first, last = html:find(placeholder(number), position, true)
    if not first then return nil end
    table.insert(parts, html:sub(position, first - 1))
    table.insert(parts, resolve_html(block, root))
    position = last + 1
  end
  table.insert(parts, html:sub(position))
  return table.concat(parts)
end

-- Adds the navigation and footer around a page, as variables of the template.
local function add_layout(doc, page)
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

local function write(doc, root)
  doc = pandoc.utils.run_lua_filter(resolve_links(doc, root), job.filter)
  return pandoc.write(doc, "html", writer)
end

local results = pandoc.List({})
for _, page in ipairs(job.pages) do
  local text, root = pandoc.system.read_file(page.source), page.surround.root
  local short_text, blocks = extract_blocks(text)
  local is_read, doc = pcall(pandoc.read, short_text, "markdown")
  local refused
  if is_read then
    refused = unsupported(text, doc)
    add_layout(doc, page)
  else
    refused = { "text that Pandoc cannot read: " .. tostring(doc):gsub("%s+", " "):sub(1, 200) }
  end
  results:insert({
    address = page.address,
    refused = refused,
  })
  if #refused == 0 then
    local html = insert_blocks(write(doc, root), blocks, root)
    if not html then -- then Pandoc has the page as a whole
      doc = pandoc.read(text, "markdown")
      add_layout(doc, page)
      html = write(doc, root)
    end
    pandoc.system.write_file(page.output, html)
  end
end
print(pandoc.json.encode(results))
