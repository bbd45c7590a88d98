// Icons drawn for callfloor on a 16 px grid, 1.5 px strokes; always beside a word, so hidden from screen readers.
import { h } from "./dom.js";

const SHAPES = {
  answer: ["M3 2.8h2.6l1.2 3-1.6 1.2a8 8 0 0 0 3.8 3.8l1.2-1.6 3 1.2V13a1 1 0 0 1-1 1A10.7 10.7 0 0 1 2 3.8a1 1 0 0 1 1-1z"],
  hangup: ["M1.8 10.2c3.6-3.6 8.8-3.6 12.4 0l-1.6 1.9-2.4-1V9a8 8 0 0 0-4.4 0v2.1l-2.4 1z"],
  mic: ["M8 1.8a2.2 2.2 0 0 1 2.2 2.2v3.6a2.2 2.2 0 0 1-4.4 0V4A2.2 2.2 0 0 1 8 1.8z", "M3.5 7.4a4.5 4.5 0 0 0 9 0", "M8 12v2.2"],
  micOff: ["M10.2 7V4a2.2 2.2 0 0 0-4.2-.9", "M5.8 6v1.6a2.2 2.2 0 0 0 3.4 1.8", "M3.5 7.4a4.5 4.5 0 0 0 7.4 3.4M12.3 8.6l.2-1.2", "M8 12v2.2", "M2.5 2.5l11 11"],
  ready: ["M2.5 8.5l3.6 3.6 7.4-8"],
  pause: ["M5.5 3v10", "M10.5 3v10"],
  ring: ["M4 11.5V7a4 4 0 0 1 8 0v4.5l1 1H3z", "M6.8 14.2h2.4"],
  talk: ["M2.5 3h11v7.5h-6L4.5 13v-2.5h-2z"],
  pen: ["M3 13l.7-3L10.8 3l2.2 2.2L6 12.3z", "M9.3 4.5l2.2 2.2"],
  off: ["M8 2v6", "M4.6 4a5.5 5.5 0 1 0 6.8 0"],
  warn: ["M8 2.2L14.5 13.5h-13z", "M8 6.4v3.4", "M8 11.6v.2"],
  link: ["M2.5 8a5.5 5.5 0 0 1 11 0", "M5 9.2a3 3 0 0 1 6 0", "M8 12v.2"],
  history: ["M2.5 8A5.5 5.5 0 1 0 4.2 4", "M2.4 2.6v2.8h2.8", "M8 5v3.3l2.2 1.4"],
  sentiment: ["M1.8 11l3.6-5 3 3.4 2.4-4.6 3.4 4"],
  next_step: ["M2.5 4h2", "M2.5 8h2", "M2.5 12h2", "M7 4h6.5", "M7 8h6.5", "M7 12h6.5"],
  knowledge: ["M3 2.8h4a1 1 0 0 1 1 1v9.4a1.6 1.6 0 0 0-1.4-.8H3z", "M13 2.8H9a1 1 0 0 0-1 1v9.4a1.6 1.6 0 0 1 1.4-.8H13z"],
  compliance: ["M8 1.8l5 1.8v4c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6v-4z", "M5.8 8l1.6 1.6 2.8-3.2"],
  soft_skill: ["M8 13.4L2.9 8.2a3.2 3.2 0 0 1 5.1-3.8 3.2 3.2 0 0 1 5.1 3.8z"],
  proactive: ["M2.5 6.5v3h2.4l5.6 3V3.5l-5.6 3z", "M12.8 6.2a2.6 2.6 0 0 1 0 3.6"],
  promise: ["M2.8 3.8h10.4v9.4H2.8z", "M2.8 6.8h10.4", "M5.6 2.2v2.6", "M10.4 2.2v2.6", "M6 10l1.5 1.5 2.6-2.8"],
  coaching: ["M2.5 3h11v7.5h-6L4.5 13v-2.5h-2z", "M8 4.8v2.4", "M8 8.6v.2"],
  other: ["M3 3h10v10H3z"],
  critical: ["M5.3 1.8h5.4l3.5 3.5v5.4l-3.5 3.5H5.3l-3.5-3.5V5.3z", "M8 4.8v4", "M8 11v.2"],
  close: ["M4 4l8 8", "M12 4l-8 8"],
  clock: ["M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11z", "M8 5v3.3l2 1.2"],
  down: ["M8 3v9.5", "M4 9l4 4 4-4"],
  undo: ["M5.5 4L2.5 7l3 3", "M2.8 7h6.7a3.5 3.5 0 0 1 0 7H7"],
  wave: ["M2 8h1.5", "M5 5.5v5", "M8 3v10", "M11 5.5v5", "M12.5 8H14"],
};

/** @param {keyof typeof SHAPES} name a kind of card this page does not know is drawn as `other` */
export function icon(name) {
  return h(
    "svg",
    { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true", focusable: "false" },
    (SHAPES[name] ?? SHAPES.other).map((d) => h("path", { d })),
  );
}
