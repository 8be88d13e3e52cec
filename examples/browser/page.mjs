import { createFetch, queuedId } from "once-again-web";

const send = createFetch({ policy: { maxAttempts: 3, attemptTimeout: 10_000 }, outbox: true });
const outbox = await send.outbox;
const $ = (id) => document.getElementById(id);

$("order").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { item, quantity } = Object.fromEntries(new FormData(event.target));
  say(`Ordering ${item}…`);
  try {
    const response = await send("/orders", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ item, quantity: Number(quantity) }),
    });
    if (queuedId(response)) say(`${item} is noted. It will be ordered when you are online.`);
    else if (response.ok) say(`${item} is ordered.`);
    else say(`Not accepted: ${(await response.json()).reason}`);
  } catch (error) {
    say(error.code === "STORE_FULL" ? "Too many orders are waiting." : `That did not work: ${error.message}`);
  }
  await show();
});

for (const event of ["queued", "sent", "givenUp", "discarded"]) outbox.on(event, show);
outbox.on("sent", () => say("An order that was waiting has been sent."));
outbox.on("givenUp", () => say("The shop did not accept an order that was waiting."));
addEventListener("online", show);
addEventListener("offline", show);
await show();

async function show() {
  $("network").textContent = navigator.onLine ? "online" : "offline";
  $("network").className = $("network").textContent;
  const [waiting, givenUp] = await Promise.all([outbox.pending(), outbox.givenUp()]);
  const discard = (write) => ["Discard", () => outbox.discard(write.id)];
  list("waiting", waiting, (write) => [`Made at ${timeOf(write)}`, discard(write)]);
  list("given-up", givenUp, (write) => [
    `Made at ${timeOf(write)}: ${write.givenUp}, ${write.status ?? "no answer"}`,
    ["Try again", () => outbox.retry(write.id)],
    discard(write),
  ]);
  const orders = await fetch("/orders")
    .then((response) => response.json())
    .catch(() => undefined);
  if (orders) list("ordered", orders, ({ number, item, quantity }) => [`No. ${number}: ${quantity} × ${item}`]);
}

function list(id, items, describe) {
  const entries = items.map((item) => {
    const [text, ...buttons] = describe(item);
    const entry = document.createElement("li");
    entry.append(text, ...buttons.map(([label, act]) => button(label, act)));
    return entry;
  });
  $(id).replaceChildren(
    ...(entries.length > 0 ? entries : [Object.assign(document.createElement("li"), { textContent: "Nothing" })]),
  );
}

function button(label, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: label });
  made.addEventListener("click", () => act().then(show));
  return made;
}

function timeOf({ madeAt }) {
  return new Date(madeAt).toLocaleTimeString();
}

function say(text) {
  $("news").textContent = text;
}
