/** A few words for the document: find, make, show, keep a list in step. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * The element with this id; its absence is a mistake of the page.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function $(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return element;
}

/**
 * The element with this id as a certain class.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function typed(id, type) {
  const element = $(id);
  if (!(element instanceof type)) throw new Error(`#${id} is not a ${type.name}`);
  return element;
}

/**
 * Makes an element: h("p", {class: "note", "data-at": 1}, "text").
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string|number|boolean|null|undefined|((event: any) => void)>|null} [attributes] functions are listeners
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  for (const child of children) {
    if (child) element.append(child);
  }
  return element;
}

/** An icon of the page's sprite. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Writes only what differs, so that readers and selections are left alone. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {boolean} on */
export function show(element, on) {
  if (on) element.removeAttribute("hidden");
  else element.setAttribute("hidden", "");
}

/** @param {HTMLElement} element @param {string} name @param {string|null} value */
export function setData(element, name, value) {
  if (value === null) delete element.dataset[name];
  else if (element.dataset[name] !== value) element.dataset[name] = value;
}

/**
 * Keeps a container's children in step with items: kept by key, made, updated, moved, removed.
 * @template T
 * @param {HTMLElement} container
 * @param {readonly T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => HTMLElement} make
 * @param {(element: HTMLElement, item: T, index: number) => void} update
 */
export function keyed(container, items, key, make, update) {
  /** @type {Map<string, HTMLElement>} */
  const known = new Map();
  for (const child of container.children) {
    if (child instanceof HTMLElement && child.dataset.key !== undefined) known.set(child.dataset.key, child);
  }
  const focused = document.activeElement;
  items.forEach((item, index) => {
    const name = key(item);
    let element = known.get(name);
    if (element) known.delete(name);
    else {
      element = make(item);
      element.dataset.key = name;
    }
    if (container.children[index] !== element)
      container.insertBefore(element, container.children[index] ?? null);
    update(element, item, index);
  });
  for (const element of known.values()) element.remove();
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected)
    focused.focus();
}

/**
 * A button that does something with the server: not twice at once, and a "no" is told.
 * @param {HTMLElement} button
 * @param {() => Promise<unknown>|unknown} action
 */
export function press(button, action) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true" || button.dataset.busy) return;
    button.dataset.busy = "yes";
    try {
      await action();
    } catch (error) {
      const { toast } = await import("./toast.js");
      toast(error instanceof Error ? error.message : String(error), "bad");
    } finally {
      delete button.dataset.busy;
    }
  });
}
