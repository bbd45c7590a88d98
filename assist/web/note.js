// The agent's note on the contact.
import { h, text } from "./dom.js";
import { icon } from "./icons.js";
import { Saver } from "./saver.js";
import { T } from "./strings.js";

const LONGEST = 4000; // what the floor takes

/**
 * @param {HTMLElement} root
 * @param {() => string} by whose notes these are
 * @param {(contactId: string, text: string) => Promise<{ok: boolean}>} save
 */
export function createNote(root, by, save) {
  const area = h("textarea", { id: "note", rows: "2", maxlength: String(LONGEST), placeholder: T.note.placeholder,
    "aria-keyshortcuts": "N" });
  const status = h("span", { class: "quiet", role: "status" });
  root.append(h("label", { for: "note" }, icon("pen"), T.note.title, h("kbd", {}, "N"), status), area);
  let contactId = "";
  const saver = new Saver("note", by, save, (about, state, why) => about === contactId && text(status, T.saving[state](why)));
  area.addEventListener("input", () => saver.put(contactId, area.value));
  area.addEventListener("blur", () => contactId && saver.flush(contactId));
  return {
    focus: () => area.focus(),
    retry: () => saver.retry(),
    /** Add words on a line of their own. */
    add(words) {
      area.value = [area.value.trimEnd(), words].filter(Boolean).join("\n").slice(0, LONGEST);
      area.scrollTop = area.scrollHeight;
      saver.put(contactId, area.value);
    },
    update({ contact }) {
      root.hidden = !contact;
      const next = contact?.id ?? "";
      if (next !== contactId) {
        if (contactId) saver.flush(contactId);
        contactId = next;
        const draft = saver.draft(next);
        area.value = draft ?? contact?.note ?? "";
        text(status, draft === null ? "" : T.saving.kept());
      } else if (contact && document.activeElement !== area && area.value !== contact.note && saver.draft(next) === null) {
        area.value = contact.note;
      }
    },
  };
}
