// New credentials after a 401: fetched once per call, and once for all calls that were refused meanwhile.

/** The headers that carry new credentials; undefined where a cookie does. */
type Renewed = Headers | Readonly<Record<string, string>> | undefined;

/** Fetches new credentials; answers the headers that carry them, or undefined where a cookie does. */
export type RefreshAuth = () => Renewed | PromiseLike<Renewed>;

/** What one sender's calls know of credentials. */
export class Credentials {
  readonly #refresh: RefreshAuth;
  #running: Promise<Headers> | undefined;
  #latest = new Headers();
  /** How often they were renewed: a call that began before the last time need not renew them again. */
  #renewals = 0;

  constructor(refresh: RefreshAuth) {
    this.#refresh = refresh;
  }

  get renewals(): number {
    return this.#renewals;
  }

  /** The headers of credentials that are newer than those of a call that began after `since` renewals. */
  newer(since: number): Headers | Promise<Headers> {
    if (this.#renewals > since) return this.#latest;
    this.#running ??= this.#renew().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #renew(): Promise<Headers> {
    // Called as a plain function, and whatever it throws rejects.
    const refresh = this.#refresh;
    this.#latest = new Headers((await refresh()) ?? {});
    this.#renewals++;
    return this.#latest;
  }
}
