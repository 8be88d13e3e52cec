// The rows of a run as a Markdown table.

function time(ns) {
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(2)} ms`;
  return ns >= 1e3 ? `${(ns / 1e3).toFixed(2)} µs` : `${ns.toFixed(1)} ns`;
}

/** A figure in the unit of its row. */
const figure = (unit) => (unit === "ns" ? time : (value) => `${value.toFixed(0)} ${unit}`);

const verdict = (ratio, goal) => `≤ ${goal}× ${ratio <= goal ? "met" : "missed"}`;

function line({ id, work, ours, unit, peers, best_peer, ratio, goal, peer_goals = {}, most }) {
  const shown = figure(unit);
  const others = Object.entries(peers).filter(([name]) => name !== best_peer);
  const goals = [
    verdict(ratio, goal),
    ...(most === undefined ? [] : [`≤ ${shown(most)} ${ours <= most ? "met" : "missed"}`]),
    ...Object.entries(peer_goals).map(([name, goal]) => `${verdict(ours / peers[name], goal)} (${name})`),
  ];
  const cells = [
    id,
    work,
    shown(ours),
    `${best_peer} ${shown(peers[best_peer])}`,
    `${ratio.toFixed(2)}×`,
    goals.join(", "),
    others.map(([name, value]) => `${name} ${shown(value)}`).join(", "),
  ];
  return `| ${cells.join(" | ")} |`;
}

export const table = (rows) =>
  `| id | work | ours | best peer | ratio | goal | others |
|---|---|---|---|---|---|---|
${rows.map(line).join("\n")}`;
