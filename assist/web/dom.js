// The few helpers every region uses: make elements, and keep a list of them in step with a list of things.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path", "circle", "rect", "line", "polyline", "g"]);

/** The element of the page's frame with this id. */
export function place(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * An element. Properties: `class`, `on` (listeners), `data` (dataset), booleans, null to leave out, else attributes.
 * Children: elements, strings, null, or lists of them.
 * @template {keyof HTMLElementTagNameMap} K
 * @overload
 * @param {K} tag
 * @param {Record<string, any>} [properties]
 * @param {...any} children
 * @returns {HTMLElementTagNameMap[K]}
 */
/**
 * @overload
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...any} children
 * @returns {SVGElement}
 */
/**
 * @param {string} tag
 * @param {Record<string, any>} properties
 * @param {...any} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replace an element's children. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
}

/** Redraw `root` by `draw`; the focus stays on whatever bears the same `data-key` afterwards. */
export function keepingFocus(root, draw) {
  const focused = document.activeElement;
  const key = focused instanceof HTMLElement && root.contains(focused) ? focused.dataset.key : null;
  draw();
  if (key) root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** Click what bears `data-key` in `root`, if it is there and enabled. */
export function clickKey(root, key) {
  const found = root.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  if (found instanceof HTMLElement) found.click();
}

/** Set text only where it differs, so that a selection and a live region are left alone. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/**
 * Keep `parent`'s children in step with `items`: one child per key, made by `make(item)` where the item is not the very
 * same object as before; what has not changed is not touched, and nothing is moved that stands right.
 */
export function keyed(parent, items, key, make) {
  const drawn = parent.drawn ?? (parent.drawn = new Map());
  const wanted = new Set(items.map(key));
  for (const [id, { element }] of drawn) {
    if (!wanted.has(id)) {
      element.remove();
      drawn.delete(id);
    }
  }
  let place = parent.firstElementChild;
  for (const item of items) {
    const id = key(item);
    const before = drawn.get(id);
    let element = before?.element;
    if (!before || before.item !== item) {
      element = make(item);
      if (before) {
        if (place === before.element) place = element;
        before.element.replaceWith(element);
      }
      drawn.set(id, { item, element });
    }
    if (place === element) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
}

/** Draw a region anew only when one of `inputs` is another value than last time. */
export function changed(element, ...inputs) {
  const before = element.inputs;
  element.inputs = inputs;
  return !before || inputs.some((value, index) => value !== before[index]);
}
