/**
 * Whether a share rose by more than chance: Fisher's exact test, one-sided, so that it is right for ten requests and for
 * a million, and for shares near 0, where the usual z score is not. Source: R. A. Fisher, "The Logic of Inductive
 * Inference" (1935).
 */

/** `part` of `of` requests. Whole numbers, 0 ≤ part ≤ of. */
export interface Share {
  readonly part: number;
  readonly of: number;
}

/** Terms of the tail that are this much smaller than its sum no longer matter. */
const NEGLIGIBLE = 1e-12;

/**
 * The chance, 0..1, that requests of which each fails with the same probability before and after show a share after as
 * high as this one, given how many failed in all. 1 if the share has not risen.
 */
export function excessChance(before: Share, after: Share): number {
  if (after.part * before.of <= before.part * after.of) return 1;
  const all = before.of + after.of;
  const failed = before.part + after.part;
  // Hypergeometric: of `all` requests, `failed` of them failed, `after.of` are drawn.
  let term = Math.exp(
    lnChoose(failed, after.part) + lnChoose(all - failed, after.of - after.part) - lnChoose(all, after.of),
  );
  let tail = 0;
  for (let part = after.part; term > tail * NEGLIGIBLE; part += 1) {
    tail += term;
    const passed = after.of - part;
    term *= ((failed - part) * passed) / ((part + 1) * (all - failed - passed + 1));
  }
  return Math.min(1, tail);
}

/**
 * How much more the shares of time slices vary within their period than those of independent requests, at least 1:
 * requests fail in bursts, and a burst of a hundred says less than a hundred failures (Pearson's X² by its degrees of
 * freedom; P. McCullagh and J. Nelder, "Generalized Linear Models", 4.5). Slices of fewer than ten requests are left
 * out; without two degrees of freedom: 1.
 */
export function dispersion(...periods: readonly (readonly Share[])[]): number {
  let [chiSquare, freedom] = [0, 0];
  for (const period of periods) {
    const used = period.filter(({ of }) => of >= 10);
    const share = sumOf(used, ({ part }) => part) / sumOf(used, ({ of }) => of);
    freedom += Math.max(0, used.length - 1);
    // Nothing varies, or there is nothing.
    if (!(share > 0 && share < 1)) continue;
    chiSquare += sumOf(used, ({ part, of }) => (part - of * share) ** 2 / (of * share * (1 - share)));
  }
  return freedom < 2 ? 1 : Math.max(1, chiSquare / freedom);
}

/** As many requests as tell as much if they were independent; rounded so that a rise gets smaller, never greater. */
export function thinned({ part, of }: Share, by: number, isAfter: boolean): Share {
  const fewer = Math.max(1, Math.floor(of / by));
  return { part: Math.min(fewer, isAfter ? Math.floor(part / by) : Math.ceil(part / by)), of: fewer };
}

function lnChoose(all: number, some: number): number {
  return lnFactorial(all) - lnFactorial(some) - lnFactorial(all - some);
}

/** Below 16 exact; from there Stirling's series, whose error is below 1e-12. */
function lnFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let factor = 2; factor <= n; factor += 1) product *= factor;
    return Math.log(product);
  }
  const inverse = 1 / n;
  const correction = inverse * (1 / 12 - inverse ** 2 * (1 / 360 - inverse ** 2 / 1260));
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + correction;
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
