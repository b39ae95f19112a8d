/** A set of media types: `text/html`, `text/*`, `application/*+json`. Parameters are ignored. */
export class MediaTypes {
  readonly #exact = new Set<string>();
  readonly #prefixes: string[] = [];
  /** Type and suffix: `application/` and `+json`. */
  readonly #suffixes: (readonly [string, string])[] = [];

  /** @param patterns in any case */
  constructor(patterns: readonly string[]) {
    for (const pattern of patterns.map((each) => each.toLowerCase())) {
      const star = pattern.indexOf('*');
      if (star === -1) this.#exact.add(pattern);
      else if (star === pattern.length - 1) this.#prefixes.push(pattern.slice(0, -1));
      else this.#suffixes.push([pattern.slice(0, star), pattern.slice(star + 1)]);
    }
  }

  /** @param value of a Content-Type field */
  has(value: string): boolean {
    const end = value.indexOf(';');
    const type = (end === -1 ? value : value.slice(0, end)).trim().toLowerCase();
    if (this.#exact.has(type) || this.#prefixes.some((prefix) => type.startsWith(prefix))) return true;
    return this.#suffixes.some(([prefix, suffix]) => type.startsWith(prefix) && type.endsWith(suffix));
  }
}
