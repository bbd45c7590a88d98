// A list of many rows of one height, of which only those in sight exist. Rows are changed in place, never rebuilt, so
// focus and pointer stay where they are; the order is kept while either is in the list.
import { fill, h, text } from "../dom.js";
import { B } from "./strings.js";

const BEYOND = 3; // rows drawn above and below what is seen

/**
 * @param {HTMLElement} root a section
 * @param {{title: string, empty: string, height: number, make: () => {element: HTMLElement,
 *   update: (row: any, view: any) => void, tick?: (now: number) => void}, opened?: (id: string) => void}} given
 * `height` in pixels at the page's font size of 16.
 */
export function createTable(root, { title, empty, height, make, opened = () => {} }) {
  const count = h("span", { class: "count" });
  const inner = h("div", { class: "inner", role: "list", "aria-label": title });
  const scroll = h("div", { class: "rows" }, inner);
  const nothing = h("p", { class: "empty" }, empty);
  root.append(h("header", {}, h("h2", {}, title), count), scroll, nothing);
  /** @type {Map<string, {id: string, element: HTMLElement, row: any, index: number, part: any}>} */
  const drawn = new Map();
  let rows = [];
  let view = {};
  let active = "";
  let pointed = false;

  const pixels = () => height * (parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
  const held = () => pointed || scroll.contains(document.activeElement);

  function drawRows() {
    const each = pixels();
    inner.style.height = `${rows.length * each}px`;
    const first = Math.max(0, Math.floor(scroll.scrollTop / each) - BEYOND);
    const last = Math.min(rows.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / each) + BEYOND);
    if (!active || !rows.some((row) => row.id === active)) active = rows[0]?.id ?? "";
    const wanted = new Map(rows.slice(first, last).map((row, at) => [row.id, [row, first + at]]));
    const focused = rows.findIndex((row) => drawn.get(row.id)?.element.contains(document.activeElement));
    if (focused >= 0) wanted.set(rows[focused].id, [rows[focused], focused]);
    for (const [id, { element }] of drawn) {
      if (wanted.has(id)) continue;
      element.remove();
      drawn.delete(id);
    }
    for (const [id, [row, index]] of wanted) drawOne(id, row, index, each);
    sortInDocument();
  }

  function drawOne(id, row, index, each) {
    let entry = drawn.get(id);
    if (!entry) {
      const part = make();
      entry = { id, element: part.element, row: null, index: -1, part };
      entry.element.dataset.id = id;
      entry.element.setAttribute("role", "listitem");
      drawn.set(id, entry);
      inner.append(entry.element);
    }
    entry.index = index;
    const top = `translateY(${index * each}px)`;
    if (entry.element.style.transform !== top) entry.element.style.transform = top;
    attribute(entry.element, "aria-posinset", String(index + 1));
    attribute(entry.element, "aria-setsize", String(rows.length));
    rove(entry);
    entry.row = row;
    entry.part.update(row, view);
  }

  function rove(entry) {
    const stop = entry.id === active ? "0" : "-1";
    attribute(entry.element, "tabindex", stop);
    for (const button of entry.element.querySelectorAll("button")) attribute(button, "tabindex", stop);
  }

  // Who reads the page from top to bottom, or tabs, meets rows in the order they are seen in.
  function sortInDocument() {
    const order = [...drawn.values()].sort((a, b) => a.index - b.index);
    let place = inner.firstElementChild;
    for (const { element } of order) {
      if (place === element) place = place.nextElementSibling;
      else if (!element.contains(document.activeElement)) inner.insertBefore(element, place);
    }
  }

  function activate(id, focus) {
    const before = drawn.get(active);
    active = id;
    if (before) rove(before);
    const at = rows.findIndex((row) => row.id === id);
    const each = pixels();
    if (at * each < scroll.scrollTop) scroll.scrollTop = at * each;
    const bottom = (at + 1) * each - scroll.clientHeight;
    if (bottom > scroll.scrollTop) scroll.scrollTop = bottom;
    drawRows();
    if (focus) drawn.get(id)?.element.focus({ preventScroll: true });
  }

  scroll.addEventListener("scroll", () => drawRows(), { passive: true });
  scroll.addEventListener("pointerenter", () => (pointed = true));
  scroll.addEventListener("pointerleave", () => (pointed = false));
  scroll.addEventListener("focusin", (event) => {
    const id = idOf(event.target);
    if (id && id !== active) activate(id, false);
  });
  scroll.addEventListener("keydown", (event) => {
    const at = rows.findIndex((row) => row.id === active);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (event.key === "Enter" && event.target instanceof HTMLElement && event.target.dataset.id) return opened(active);
    if (to === undefined || !rows[to]) return;
    event.preventDefault();
    activate(rows[to].id, true);
  });
  new ResizeObserver(() => drawRows()).observe(scroll);

  return {
    /** Show `wanted`, in this order unless somebody is in the list. */
    update(wanted, fresh, words) {
      view = fresh;
      const keep = held() && rows.length > 0;
      rows = keep ? inOldOrder(rows, wanted) : wanted;
      text(count, keep ? `${words} · ${B.held}` : words);
      nothing.hidden = rows.length > 0;
      scroll.hidden = rows.length === 0;
      drawRows();
    },
    tick(now) {
      for (const { part } of drawn.values()) part.tick?.(now);
    },
    /** The row the keyboard is on, or null. */
    focused() {
      return inner.contains(document.activeElement) ? idOf(document.activeElement) : null;
    },
    focus() {
      if (active) activate(active, true);
    },
    clear() {
      rows = [];
      drawn.clear();
      fill(inner);
    },
  };
}

function idOf(target) {
  return target instanceof Element ? (target.closest("[data-id]")?.getAttribute("data-id") ?? null) : null;
}

function inOldOrder(before, wanted) {
  const fresh = new Map(wanted.map((row) => [row.id, row]));
  const kept = before.filter((row) => fresh.has(row.id)).map((row) => fresh.get(row.id));
  const known = new Set(kept.map((row) => row.id));
  return [...kept, ...wanted.filter((row) => !known.has(row.id))];
}

/** Set an attribute only where it differs. */
export function attribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
