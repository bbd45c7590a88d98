// The board's top bar: the sums, the outage banner, the wallboard, and how the line stands.
import { changed, fill, h, text } from "../dom.js";
import { icon } from "../icons.js";
import { T } from "../strings.js";
import { B } from "./strings.js";

/**
 * @param {HTMLElement} root
 * @param {{banner: () => void, wall: () => void, logOut: () => void}} act
 */
export function createBar(root, act) {
  const sums = h("p", { class: "sums" });
  const banner = h("button", { type: "button", class: "banner", on: { click: act.banner } });
  const wall = h("button", { type: "button", class: "plain", "aria-keyshortcuts": "V", title: B.keys, on: { click: act.wall } },
    icon("wall"), B.wall, h("kbd", {}, "V"));
  const connection = h("p", { class: "connection", role: "status" });
  const who = h("span", { class: "who" });
  const keys = h("span", { class: "keys" });
  const logOut = h("button", { type: "button", class: "plain", on: { click: act.logOut } }, T.login.logout);
  const reviews = h("a", { href: "/reviews.html" }, B.reviews);
  root.append(h("p", { class: "brand" }, icon("wave"), h("b", {}, T.product)), sums, banner, wall, reviews, keys, connection,
    h("p", { class: "account" }, who, logOut));
  let wasLive = false;
  return {
    /** Where the switch for single-key shortcuts stands. */
    keys,
    update({ board, usable, who: name }) {
      const waiting = [...board.queues.values()].reduce((sum, row) => sum + row.waiting, 0);
      const free = [...board.agents.values()].filter((row) => row.state === "AVAILABLE").length;
      text(sums, B.sums(waiting, board.contacts.size, free));
      if (changed(banner, board.banner)) {
        banner.dataset.raised = board.banner ? "yes" : "no";
        fill(banner, icon(board.banner ? "warn" : "proactive"), h("span", {}, board.banner ? B.banner.raised(board.banner) : B.banner.none));
      }
      banner.disabled = !usable;
      const state = usable ? "live" : wasLive ? "reconnecting" : "connecting";
      wasLive ||= usable;
      if (changed(connection, state)) {
        connection.dataset.line = state;
        fill(connection, icon("link"), h("span", {}, T.connection[state]));
      }
      text(who, name);
    },
  };
}
