/** Times of Go: `1m30s`, `250ms`; bare numbers are seconds in Traefik, nanoseconds nowhere here. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Undefined: not a time. */
export function goMs(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/^(?:\d{1,9}(?:\.\d{1,6})?(?:ns|us|µs|ms|[smhd]))+$/.test(text)) return undefined;
  return [...text.matchAll(/([\d.]+)(ns|us|µs|ms|[smhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!,
    0,
  );
}
