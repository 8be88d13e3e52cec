export { coreVersion } from './testing.js';

/**
 * Loads the wasm that lies beside this file, once; every later call gives the same promise.
 *
 * @param source where to take it from instead: a URL, a `Response`, or its bytes.
 */
declare function init(source?: string | URL | Response | BufferSource): Promise<void>;

export { init };
