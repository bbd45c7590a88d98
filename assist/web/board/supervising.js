// The strip that says, in words, where the supervisor's phone is and who hears her; and the modes she may go to.
import { changed, fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { phone } from "../format.js";
import { B } from "./strings.js";

/** @type {[string, "ear"|"whisper"|"barge"|"hand", string][]} */
const MODES = [["listen", "ear", "L"], ["whisper", "whisper", "W"], ["barge", "barge", "B"], ["takeover", "hand", "⇧T"]];
const OPEN = new Set(["whisper", "barge", "takeover"]);

/**
 * @param {HTMLElement} root
 * @param {{on: (what: string, id: string) => void}} act
 */
export function createSupervising(root, act) {
  const words = h("p", { class: "words", role: "status" });
  const modes = h("div", { class: "modes", role: "group", "aria-label": B.microphone.none });
  root.append(words, modes);
  return {
    update({ board, mine, calling, notice, usable, lostAt }) {
      const agent = mine ? (board.agents.get(mine.agent)?.name ?? mine.agent) : "";
      const caller = board.contacts.get(calling)?.caller ?? "";
      if (!changed(root, mine?.id, mine?.mode, agent, caller, notice, usable, lostAt)) return;
      const who = mine && (agent || phone(mine.caller));
      root.dataset.mode = mine?.mode ?? (calling ? "calling" : "none");
      const said = mine ? B.microphone[mine.mode](who, agent) : calling ? B.microphone.calling(phone(caller)) : B.microphone.none;
      modes.setAttribute("aria-label", said);
      fill(words, icon(mine && OPEN.has(mine.mode) ? "mic" : "micOff"), h("b", {}, said),
        notice || lostAt ? h("span", { class: "notice" }, icon("warn"), notice || B.stale(lostAt)) : null);
      if (!mine) return fill(modes);
      const heldKey = modes.contains(document.activeElement) ? document.activeElement?.getAttribute("data-mode") : null;
      fill(modes, MODES.map(([mode, shape, key]) =>
        h("button", { type: "button", data: { mode }, "aria-pressed": String(mine.mode === mode), "aria-keyshortcuts": key.replace("⇧", "Shift+"),
          disabled: !usable || mine.mode === "takeover" || (mode !== "listen" && !agent), on: { click: () => act.on(mode, mine.id) } },
        icon(shape), B.mode[mode], h("kbd", {}, key))),
      h("button", { type: "button", data: { mode: "leave" }, disabled: !usable, "aria-keyshortcuts": "X", on: { click: () => act.on("leave", mine.id) } },
        icon("hangup"), B.mode.leave, h("kbd", {}, "X")));
      if (heldKey) [...modes.querySelectorAll("button")].find((button) => button.dataset.mode === heldKey)?.focus();
    },
  };
}
