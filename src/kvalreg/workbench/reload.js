// Only a preview serves this: it reloads the page when there is a new version, and shows what is wrong with the newest.
const own = document.currentScript
const shown = Number(own.dataset.version)
const events = new EventSource("/_kvalreg/events")

events.onmessage = (event) => {
  const told = JSON.parse(event.data)
  if (told.faults.length) banner(told.faults)
  else if (told.version !== shown) location.reload()
  else remove()
}

function remove() {
  document.getElementById("kv-preview-faults")?.remove()
}

function banner(faults) {
  remove()
  if (document.title === "kvalreg preview") {
    // the page that stands in for one that could not be made
    document.querySelector("ul")?.replaceChildren(...faults.map(item))
    return
  }
  const box = document.createElement("section")
  box.id = "kv-preview-faults"
  box.setAttribute("role", "alert")
  box.lang = "en"
  Object.assign(box.style, {
    position: "sticky", bottom: "0", zIndex: "1000", maxHeight: "50vh", overflow: "auto", padding: "1rem 1.5rem",
    background: "#fff4f2", color: "#3d0c02", borderTop: "4px solid #b3261e", font: "1rem/1.5 system-ui, sans-serif",
  })
  const title = document.createElement("strong")
  title.textContent = "The newest version could not be made. This is the last good one."
  const list = document.createElement("ul")
  list.replaceChildren(...faults.map(item))
  box.append(title, list)
  document.body.append(box)
}

function item(fault) {
  const line = document.createElement("li")
  line.textContent = fault
  line.style.whiteSpace = "pre-wrap"
  return line
}
