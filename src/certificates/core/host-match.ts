/**
 * Which certificate belongs to a name: the one with that very name, else the one with a wildcard for its first label
 * (RFC 9525, 6.3: a wildcard stands for exactly one label). Names are canonical (src/net/host-name.ts).
 */
export class HostTable<T> {
  readonly #byHost = new Map<string, T>();

  /** Of two entries with the same host, the first counts. */
  constructor(entries: Iterable<readonly [host: string, value: T]>) {
    for (const [host, value] of entries) if (!this.#byHost.has(host)) this.#byHost.set(host, value);
  }

  /** @param name without a wildcard. */
  find(name: string): T | undefined {
    return this.#byHost.get(name) ?? this.#byHost.get(wildcardOf(name));
  }
}

/** Whether a certificate for `pattern` is valid for `host`, which may be a wildcard itself. */
export function coversHost(pattern: string, host: string): boolean {
  return pattern === host || (!host.startsWith('*.') && pattern === wildcardOf(host));
}

/** `*.example.com` for `shop.example.com`; for a name of one label, something that is no pattern. */
function wildcardOf(name: string): string {
  const dot = name.indexOf('.');
  return dot === -1 ? '' : `*${name.slice(dot)}`;
}
