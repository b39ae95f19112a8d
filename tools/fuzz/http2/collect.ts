/**
 * Loaded into a process with `--import`: collects garbage often, in every thread. Faults of Node at a collection then
 * come up within seconds. Needs `--expose-gc`.
 */
const LEAST_MS = 100;
/** Of the time. */
const SHARE = 0.1;

function collect(): void {
  const startMs = performance.now();
  globalThis.gc?.();
  setTimeout(collect, Math.max(LEAST_MS, (performance.now() - startMs) / SHARE)).unref();
}

setTimeout(collect, LEAST_MS).unref();
