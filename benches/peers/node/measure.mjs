// Measures one row: every contender in turn, many short rounds, so that a slow minute of the machine hits all of them.

import { measure } from "mitata";

const ROUNDS = 9;
const ROUND_NS = 50e6;
/** Calls in a sample: short enough to fit between two turns of the machine's other programs. */
const BATCH = 64;

/** The best round counts: what else the machine does can only add to a time. A round's figure is its median call. */
async function bestRounds(contenders) {
  const best = Object.fromEntries(Object.keys(contenders).map((name) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const { p50 } = await measure(run, { min_cpu_time: ROUND_NS, batch_samples: BATCH });
      best[name] = Math.min(best[name], p50);
    }
  }
  return best;
}

/** What a row has measured by itself, or the best round of its contenders. */
const figures = ({ ours, peers, measured }) => measured ?? bestRounds({ ours, ...peers });

/**
 * A row of `benches/results.json`, in nanoseconds a call. `peer_goals` are further goals, against one peer each, and `most`
 * is one in the row's unit. A row that cannot be called in this process brings what it has `measured`, by contender, in a
 * `unit` of its own.
 *
 * @param {{ id: string, work: string, goal: number, peer_goals?: Record<string, number>,
 *   most?: number, unit?: string, ours?: () => unknown, peers?: Record<string, () => unknown>,
 *   measured?: Record<string, number> }} row
 */
export async function measureRow({ id, work, goal, peer_goals, most, unit = "ns", ...contenders }) {
  const { ours: own, ...times } = await figures(contenders);
  const [best_peer, best] = Object.entries(times).toSorted(([, a], [, b]) => a - b)[0];
  return {
    id,
    work,
    ours: own,
    unit,
    peers: times,
    best_peer,
    ratio: own / best,
    goal,
    peer_goals,
    most,
    runtime: `node ${process.versions.node}`,
  };
}

/** Measures the rows of each group and prints them as one JSON list; says on stderr where it is. */
export async function printRows(groups, rename = (id) => id) {
  const results = [];
  for (const group of groups) {
    for (const row of await group.rows()) {
      const id = rename(row.id);
      process.stderr.write(`  ${id}\n`);
      results.push(await measureRow({ ...row, id }));
    }
  }
  console.log(JSON.stringify(results));
}
