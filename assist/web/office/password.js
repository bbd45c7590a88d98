// One's own password: chosen at the first login, or another one later.
import { h, text } from "../dom.js";
import { O } from "./strings.js";

const SHORTEST = "10";

/**
 * @param {HTMLElement} root
 * @param {{session: any, changed: (token: any) => void}} act
 */
export function createPassword(root, act) {
  const must = h("p", { class: "why" });
  const old = h("input", { id: "old", type: "password", required: true, maxlength: "128", autocomplete: "current-password" });
  const fresh = h("input", { id: "fresh", type: "password", required: true, minlength: SHORTEST, maxlength: "128",
    autocomplete: "new-password", "aria-describedby": "fresh-hint" });
  const problem = h("p", { class: "problem", role: "alert" });
  root.append(h("header", {}, h("h2", { id: "password-title" }, O.password.title)), must,
    h("form", { class: "password", on: { submit } },
      h("label", { for: "old" }, O.password.old), old, h("label", { for: "fresh" }, O.password.fresh), fresh,
      h("p", { class: "quiet", id: "fresh-hint" }, O.password.hint), problem,
      h("button", { class: "primary", type: "submit" }, O.password.change)));

  async function submit(event) {
    event.preventDefault();
    text(problem, "");
    const reply = await act.session.post("/api/password", { old: old.value, new: fresh.value });
    [old.value, fresh.value] = ["", ""];
    if (reply.ok) return act.changed(reply.value);
    text(problem, reply.reason || O.away);
    old.focus();
  }

  return {
    show(token) {
      text(must, token.must_change ? O.password.must : "");
      old.focus();
    },
  };
}
