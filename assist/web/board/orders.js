// What a supervisor does to a contact or an agent: which command it is, and what she is asked before.
import { phone } from "../format.js";
import { B } from "./strings.js";

/**
 * @param {{board: any, choose: Function, ask: (command: string, data: object, what: string) => Promise<any>,
 *   facts: () => any, calling: (id: string) => void, open: (id: string, write?: boolean) => void}} given
 */
export function createOrders({ board, choose, ask, facts, calling, open }) {
  const onContact = {
    open: (id) => open(id),
    coach: (id) => open(id, true),
    give,
    leave: (id) => ask("leave", { contact_id: id }, B.mode.leave),
    listen,
    whisper: (id) => ask("supervise_as", { contact_id: id, mode: "whisper" }, B.mode.whisper),
    barge: (id) => ask("supervise_as", { contact_id: id, mode: "barge" }, B.mode.barge),
    takeover,
  };

  /** Entry is always by listening: whoever is at the contact already goes back to it. */
  async function listen(id) {
    const row = board.contacts.get(id);
    if (row?.supervisor) return ask("supervise_as", { contact_id: id, mode: "listen" }, B.mode.listen);
    calling(id);
    const reply = await ask("supervise", { contact_id: id }, B.mode.listen);
    if (!reply.ok) calling("");
    return reply;
  }

  async function takeover(id) {
    const agent = board.contacts.get(id)?.agent;
    const words = B.sureTakeover;
    const name = board.agents.get(agent)?.name ?? agent;
    if (await choose(words.title(name), [{ value: "yes", label: words.yes }], words.hint)) {
      await ask("supervise_as", { contact_id: id, mode: "takeover" }, B.mode.takeover);
    }
  }

  async function give(id) {
    const row = board.contacts.get(id);
    if (row?.phase !== "queued") return;
    const serving = [...board.agents.values()].filter((agent) => agent.queues.includes(row.queue) && !["OFFLINE", "NOT_READY", "NOT_RESPONDING"].includes(agent.state));
    serving.sort((a, b) => (a.state === "AVAILABLE" ? 0 : 1) - (b.state === "AVAILABLE" ? 0 : 1) || a.since - b.since);
    const options = serving.map((agent) => ({ value: agent.id, label: agent.name, hint: agent.state.toLowerCase() }));
    const agent = await choose(B.contacts.giveTitle(phone(row.caller)), options, serving.length ? B.contacts.giveHint : B.contacts.noAgents(row.queue));
    if (agent) await giveTo(id, agent);
  }

  const giveTo = (id, agent) => ask("give_contact", { contact_id: id, agent }, B.contacts.give);

  return {
    on: (what, id) => onContact[what]?.(id),
    give: giveTo,
    async setState(agent) {
      const name = board.agents.get(agent)?.name ?? agent;
      const options = [{ value: "ready", label: B.agents.ready },
        ...Object.entries(B.agents.reasons).map(([reason, label]) => ({ value: reason, label }))];
      const chosen = await choose(B.agents.setTitle(name), options);
      if (!chosen) return;
      const data = chosen === "ready" ? { agent, state: "ready" } : { agent, state: "not_ready", reason: chosen };
      await ask("force_state", data, B.agents.set);
    },
    async banner() {
      const { banners } = facts();
      const options = [{ value: "none", label: B.banner.lower }, ...banners.map((name) => ({ value: `=${name}`, label: name }))];
      const chosen = await choose(B.banner.title, options, banners.length ? "" : B.banner.noBanners);
      if (chosen) await ask("set_banner", { name: chosen === "none" ? "" : chosen.slice(1) }, B.banner.title);
    },
  };
}
