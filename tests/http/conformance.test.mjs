// Every case × framework × store.

import { after, before, describe, test } from "node:test";
import { answers } from "./cases/answers.mjs";
import { conflicts } from "./cases/conflicts.mjs";
import { failures } from "./cases/failures.mjs";
import { keys } from "./cases/keys.mjs";
import { Fixture } from "./fixture.mjs";
import { frameworks } from "./frameworks.mjs";
import { stores } from "./stores.mjs";

const cases = [...answers, ...keys, ...conflicts, ...failures];

for (const store of stores) {
  describe(store.name, { skip: store.missing }, () => {
    let opened;
    before(async () => {
      opened = await store.start();
    });
    after(() => opened?.stop());

    for (const framework of frameworks) {
      describe(`${framework.name} over ${store.name}`, { skip: framework.missing }, () => {
        const servers = new Map();
        after(() => Promise.all([...servers.values()].map(async (server) => (await server).stop())));

        /** The fixture with these options; cases that want the same share one. */
        const serverFor = ({ options, principal }) => {
          const id = JSON.stringify([options, principal]);
          if (!servers.has(id)) servers.set(id, Fixture.start(framework, { store: opened.at, options, principal }));
          return servers.get(id);
        };
        for (const one of cases.filter(({ stores }) => stores.includes(store.name))) {
          test(one.name, async () => one.run(await serverFor(one)));
        }
      });
    }
  });
}
