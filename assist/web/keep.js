// What a page keeps in the browser. A store that is full, forbidden or tampered with costs the keeping, never the page.

/** @param {"localStorage"|"sessionStorage"} kind @returns {Storage|null} null where the browser forbids it */
function store(kind) {
  try {
    return window[kind];
  } catch (error) {
    if (error instanceof DOMException) return null; // SecurityError
    throw error;
  }
}

/** What was kept under `key`, or null: nothing, or nothing one can read. */
export function kept(kind, key) {
  try {
    return JSON.parse(store(kind)?.getItem(key) ?? "null");
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Keep `value`; whether it is kept. */
export function keep(kind, key, value) {
  try {
    store(kind)?.setItem(key, JSON.stringify(value));
    return store(kind) !== null;
  } catch (error) {
    if (error instanceof DOMException) return false; // QuotaExceededError
    throw error;
  }
}

export function forget(kind, key) {
  store(kind)?.removeItem(key);
}

/** The keys that begin with `prefix`. */
export function keysOf(kind, prefix) {
  return Object.keys(store(kind) ?? {}).filter((key) => key.startsWith(prefix));
}
