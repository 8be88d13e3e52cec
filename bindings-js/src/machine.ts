// Machines that live long (a policy, a breaker) sit in core behind a number. They are freed by hand or, at the latest, when
// their owner is collected; a number of a freed machine is never valid again, so freeing twice does nothing.

interface Held {
  readonly handle: number;
  readonly free: (handle: number) => void;
}

const collected = new FinalizationRegistry<Held>(({ handle, free }) => free(handle));

/** A machine of core's, owned by one object. */
export class Machine {
  #handle: number;
  readonly #free: (handle: number) => void;

  /** `free` must not refer to `owner`, or the owner is never collected. */
  constructor(owner: object, handle: number, free: (handle: number) => void) {
    this.#handle = handle;
    this.#free = free;
    collected.register(owner, { handle, free }, this);
  }

  /** The machine's number; 0, which is nobody's, once it was freed. */
  get handle(): number {
    return this.#handle;
  }

  free(): void {
    collected.unregister(this);
    this.#free(this.#handle);
    this.#handle = 0;
  }
}

/** What `using` calls. Browsers without `using` have no such symbol; there it is only another name. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
