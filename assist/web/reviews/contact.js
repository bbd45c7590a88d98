// One contact under review: what was said and how it sounded, beside what the rules found and what the reviewer finds.
import { fill, h, text } from "../dom.js";
import { clock, moment, phone } from "../format.js";
import { icon } from "../icons.js";
import { createForm } from "./form.js";
import { createScorecard } from "./scorecard.js";
import { R } from "./strings.js";

/**
 * @param {{said: HTMLElement, scorecard: HTMLElement, form: HTMLElement}} places
 * @param {{session: any, reviewed: () => void, me: () => string, forms: () => any[]}} given
 */
export function createContact(places, { session, reviewed, me, forms }) {
  const title = h("h2", {});
  const get = h("button", { type: "button", on: { click: fetchSound } }, icon("play"), R.said.sound);
  const player = h("audio", { controls: true, hidden: true, "aria-label": R.said.player });
  const noSound = h("p", { class: "quiet", hidden: true }, R.said.noSound);
  const lines = h("div", { class: "log", tabindex: "0", role: "group", "aria-label": R.said.title });
  places.said.append(h("header", {}, title), h("div", { class: "sound" }, get, player, noSound), h("div", { class: "scroll" }, lines));
  const scorecard = createScorecard(places.scorecard, { show });
  const form = createForm(places.form, { save, forms, me });
  let id = "";
  let soundFrom = 0;

  async function fetchSound() {
    const about = id;
    get.disabled = true;
    const sound = await session.sound(`/api/contacts/${encodeURIComponent(about)}/recording`);
    get.disabled = false;
    if (about !== id) return sound && URL.revokeObjectURL(sound.url);
    [get.hidden, player.hidden, noSound.hidden] = [true, !sound, Boolean(sound)];
    if (!sound) return;
    soundFrom = sound.start_s;
    player.src = sound.url;
    for (const button of lines.querySelectorAll("button")) button.hidden = false;
    player.focus();
  }

  function silence() {
    if (player.src) URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
    [get.hidden, get.disabled, player.hidden, noSound.hidden] = [!id, false, true, true];
  }

  function play(second) {
    player.currentTime = Math.max(0, second - soundFrom);
    player.play();
  }

  /** Go to an utterance; its sound, where the recording is there. */
  function show(utterance) {
    const line = lines.querySelector(`[data-utterance="${CSS.escape(utterance)}"]`);
    if (!(line instanceof HTMLElement)) return;
    lines.querySelector(".pointed")?.classList.remove("pointed");
    line.classList.add("pointed");
    line.scrollIntoView({ block: "center" });
    line.focus({ preventScroll: true });
  }

  async function save(review) {
    const reply = await session.post(`/api/quality/contacts/${encodeURIComponent(id)}/reviews`, review);
    if (reply.ok) reviewed();
    return reply;
  }

  function draw(found, quality) {
    const { contact } = found;
    text(title, [phone(contact.number), contact.queue, moment(contact.started_at)].filter(Boolean).join(" · "));
    const quoted = new Map(quality.scorecards.flatMap((card) => card.scores).flatMap((score) => score.marks).flatMap((mark) => mark.moments)
      .filter((each) => each.utterance_id).map((each) => [each.utterance_id, each.principle]));
    let before = "";
    fill(lines, found.said.length ? found.said.map((final) => {
      const first = final.party !== before;
      before = final.party;
      return drawLine(final, first, final.party === "agent" ? contact.agent : R.said.caller, quoted.get(final.utterance_id), play);
    }) : h("p", { class: "empty" }, R.said.none));
    scorecard.update(quality.scorecards, quality.overall);
    form.open(id, quality.scorecards.map((card) => card.agent), quality.reviews);
  }

  return {
    get id() {
      return id;
    },
    /** Show a contact (none: an empty page) and the utterance `at`; false where it cannot be read. */
    async show(wanted, at = "") {
      if (wanted === id && at) return show(at), true;
      id = wanted;
      silence();
      fill(lines, h("p", { class: "empty" }, id ? "" : R.said.choose));
      text(title, R.said.title);
      scorecard.update(null);
      form.close();
      if (!id) return true;
      const path = encodeURIComponent(id);
      const [found, quality] = await Promise.all([session.get(`/api/contacts/${path}`), session.get(`/api/quality/contacts/${path}`)]);
      if (id !== wanted) return true; // another one was opened meanwhile
      if (!found || !quality) return false;
      draw(found, quality);
      if (at) show(at);
      return true;
    },
    clear() {
      id = "";
      silence();
      fill(lines);
      scorecard.update(null);
      form.close();
    },
  };
}

function drawLine(final, first, name, principle, play) {
  const at = clock(final.start_s);
  return h("div", { class: `line ${final.party}${first ? " first" : ""}`, data: { utterance: final.utterance_id }, tabindex: "-1" },
    first ? h("span", { class: "speaker" }, name) : h("span", { class: "hidden" }, `${name}:`),
    h("p", {}, final.written || final.text),
    h("p", { class: "at" }, h("span", {}, at), principle ? h("span", { class: "finding" }, R.principles[principle]) : null,
      h("button", { type: "button", class: "plain", hidden: true, "aria-label": R.said.from(at), on: { click: () => play(final.start_s) } }, icon("play"))));
}
