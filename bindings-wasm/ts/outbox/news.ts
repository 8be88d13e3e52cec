// What happened in the outbox, told in every tab and worker that has it open.

import { observe } from "@once-again/driver/observe";
import type { OutboxEvents } from "./types.js";

type Event = keyof OutboxEvents;
type Listener = (event: OutboxEvents[Event]) => unknown;

/** What crosses to other tabs: events, whose answers stay where they came to, and which write a tab is sending itself. */
type Message = { readonly event: Event; readonly told: OutboxEvents[Event] } | { readonly taken: string };

export class News {
  readonly #channel: BroadcastChannel;
  #closed = false;
  readonly #listeners = new Map<Event, Set<Listener>>();

  /** @param heard called after news from elsewhere: the line has changed, or another tab has taken a write. */
  constructor(name: string, heard: (taken?: string) => void) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("taken" in data) return heard(data.taken);
      this.#tell(data.event, data.told);
      heard();
    };
  }

  on<E extends Event>(event: E, listener: (event: OutboxEvents[E]) => unknown): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    // Its own object, so that one function may listen twice.
    const own: Listener = (told) => listener(told as OutboxEvents[E]);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  tell<E extends Event>(event: E, told: OutboxEvents[E]): void {
    const { response, ...data } = told as OutboxEvents[E] & { readonly response?: Response };
    this.#post({ event, told: data });
    this.#tell(event, told);
    // An answer that nobody reads would hold its connection.
    if (!this.#listeners.get(event)?.size) response?.body?.cancel().catch(() => {});
  }

  /** Tells other tabs that this one is sending a write: they look after it if this tab is closed. */
  taken(id: string): void {
    this.#post({ taken: id });
  }

  close(): void {
    this.#closed = true;
    this.#channel.close();
    this.#listeners.clear();
  }

  /** What ends after the outbox was closed is told to nobody; a closed channel would throw. */
  #post(message: Message): void {
    if (!this.#closed) this.#channel.postMessage(message);
  }

  #tell(event: Event, told: OutboxEvents[Event]): void {
    for (const listener of this.#listeners.get(event) ?? []) observe(listener, told);
  }
}
