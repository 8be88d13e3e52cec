// `examples/browser`, as its user meets it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import test from "node:test";
import { openBrowser, openPage } from "./harness.mjs";
import { until } from "./outbox_page.mjs";

const server = resolve(import.meta.dirname, "../../examples/browser/server.mjs");

async function start(t) {
  const shop = spawn(process.execPath, [server], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => shop.kill());
  const [line] = await once(shop.stdout.setEncoding("utf8"), "data");
  return /http:\S+/.exec(line)[0];
}

test("orders made offline survive a closed tab, arrive once, and a refused one is shown", async (t) => {
  const address = await start(t);
  const browser = await openBrowser(t);
  const { page, complaints } = await openPage(browser, address);
  const texts = (page, id) => page.locator(`#${id} li`).allTextContents();
  const order = async (item, quantity) => {
    await page.getByLabel("Tea").selectOption(item);
    await page.getByLabel("Bags").fill(String(quantity));
    await page.getByRole("button", { name: "Order" }).click();
  };
  await order("Assam", 2);
  await until(() => texts(page, "ordered"), ["No. 1: 2 × Assam"]);
  assert.equal(await page.getByRole("status").textContent(), "Assam is ordered.");
  assert.deepEqual(complaints, []);

  await browser.setOffline(true);
  await until(() => page.locator("#network").textContent(), "offline");
  await order("Sencha", 3);
  await until(() => page.getByRole("status").textContent(), "Sencha is noted. It will be ordered when you are online.");
  await order("Rooibos", 99);
  await until(() => page.locator("#waiting button").count(), 2);
  await page.close();

  await browser.setOffline(false);
  const { page: later } = await openPage(browser, address);
  await until(() => texts(later, "ordered"), ["No. 1: 2 × Assam", "No. 2: 3 × Sencha"]);
  await until(() => texts(later, "waiting"), ["Nothing"]);
  await until(async () => (await texts(later, "given-up")).map((text) => /refused, 422/.test(text)), [true]);
  await later.getByRole("button", { name: "Discard" }).click();
  await until(() => texts(later, "given-up"), ["Nothing"]);
});
