// Measures one row: every contender in turn, several rounds, so that a slow minute of the machine hits all of them.

import { measure } from "mitata";

const ROUNDS = 5;

/**
 * @param {{ id: string, work: string, goal: number, ours: () => unknown, peers: Record<string, () => unknown> }} row
 * @returns the row of `benches/results.json`: the median over the rounds of each contender's median, in nanoseconds.
 */
export async function measureRow({ id, work, goal, ours, peers }) {
  const contenders = { ours, ...peers };
  const medians = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const { p50 } = await measure(run, { min_cpu_time: 80e6, inner_gc: false });
      medians[name].push(p50);
    }
  }
  const middle = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const peerTimes = Object.fromEntries(Object.keys(peers).map((name) => [name, middle(medians[name])]));
  const [bestPeer, best] = Object.entries(peerTimes).toSorted(([, a], [, b]) => a - b)[0];
  const own = middle(medians.ours);
  return {
    id,
    work,
    ours: own,
    unit: "ns",
    peers: peerTimes,
    best_peer: bestPeer,
    ratio: own / best,
    goal,
    runtime: `node ${process.versions.node}`,
  };
}
