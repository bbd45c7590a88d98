// What recognises the words: engine, model, and how many words it gets wrong, as measured; always in sight.
import { changed, fill, h } from "./dom.js";
import { percent } from "./format.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

/** @param {HTMLElement} root */
export function createRecogniser(root) {
  return {
    update({ services }) {
      if (changed(root, services.recogniser)) draw(root, services.recogniser);
    },
  };
}

function draw(root, { state, engine, model, wer, wer_on, demo }) {
  root.dataset.state = state;
  if (!engine) return fill(root, icon("wave"), T.recogniser.none);
  const measured = wer === null ? T.recogniser.noWer
    : [T.recogniser.wer(percent(wer)), wer_on && T.recogniser.on(wer_on)].filter(Boolean).join(" ");
  fill(root, icon(state === "up" ? "wave" : "warn"),
    h("span", {}, `${engine} · ${model}`),
    state === "down" ? h("b", {}, T.recogniser.down) : null,
    demo ? h("span", { class: "demo" }, T.recogniser.demo) : null,
    h("span", { class: "measured", title: measured }, measured));
}
