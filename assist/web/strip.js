// The strip under the top bar: the one thing to know now.
import { nameOf } from "./customer.js";
import { changed, fill, h } from "./dom.js";
import { clock, timeOfDay } from "./format.js";
import { icon } from "./icons.js";
import { MOS_WARNING } from "./quality.js";
import { T } from "./strings.js";

/** The strip says one thing: the worst, else where the call stands. */
export function createStrip(root) {
  const words = root.querySelector("#now");
  return {
    update(view) {
      const [level, message, shape] = worst(view);
      if (!changed(root, level, message)) return;
      root.dataset.level = level;
      fill(words, shape ? icon(shape) : null, h("span", {}, message));
    },
  };
}

function worst(view) {
  const { contact, station, services, connection, lostAt, notice, asking, agent } = view;
  const { recogniser } = services;
  if (connection === "reconnecting") return ["bad", T.strip.stale(timeOfDay(lostAt)), "warn"];
  if (connection !== "live") return ["warn", T.strip.connecting, "link"];
  if (contact?.phase === "ended" && contact.ended_reason === "worker_lost") return ["bad", T.strip.workerLost, "warn"];
  if (notice) return ["warn", notice, "warn"];
  if (asking) return ["calm", T.strip.asking(asking), "clock"];
  if (!station.connected) return ["warn", T.strip.noStation, "warn"];
  if (!station.registered) return ["warn", T.strip.notRegistered, "warn"];
  if (recogniser.state === "down" && contact) return ["warn", T.strip.recogniserDown, "warn"];
  if (recogniser.state === "behind") return ["warn", T.strip.recogniserBehind(Math.round(recogniser.behind_s)), "clock"];
  if (contact?.phase === "talking" && station.mos && station.mos < MOS_WARNING) {
    return ["warn", T.strip.poorLine(station.mos.toFixed(1)), "warn"];
  }
  return calm(contact, agent);
}

function calm(contact, agent) {
  if (contact?.phase === "ringing") return ["ring", T.strip.ringing(nameOf(contact), contact.queue), "ring"];
  if (contact?.phase === "talking" && contact.supervision) {
    return ["calm", T.strip.supervised[contact.supervision](contact.supervisor), "coaching"];
  }
  if (contact?.phase === "talking") {
    return ["calm", T.strip.talking(nameOf(contact), contact.queue, clock(contact.waited_s)), null];
  }
  if (contact) return ["calm", [T.strip.ended, T.strip.endedBy[contact.ended_by]].filter(Boolean).join(" "), null];
  return ["calm", agent.state === "AVAILABLE" ? T.strip.idle : T.strip.notReady, null];
}
