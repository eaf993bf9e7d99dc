/* The page as the other modules meet it: the site's root, the words of the page's language, and new elements.
   The words stand as data attributes on the place of the chooser, made from the catalogues: none are written here. */

/* Our files lie in `site_libs`, which lies in the site's root, whatever the site's own address. */
export const root = new URL(import.meta.url.replace(/site_libs\/.*/, ""));

export const place = document.querySelector(".kv-chooser");

/* The words, with their places filled in: `say("found", { count: 3 })`. */
export function say(key, values = {}) {
  return (place?.dataset[key] ?? "").replace(/{(\w+)}/g, (_, name) => values[name] ?? "");
}

export function make(tag, attributes = {}, ...content) {
  const element = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...content);
  return element;
}
