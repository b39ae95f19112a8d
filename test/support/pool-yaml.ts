/** A pool in YAML whose backends have keys of their own: `pool([{ url, backup: true }], 'queue: { size: 1 }')`. */
export interface BackendYaml {
  readonly url: string;
  readonly id?: string;
  readonly backup?: boolean;
  readonly max_in_flight?: number;
}

/** One pool named default, its ids b0, b1 and so on, and no rate limit. @param more keys of the pool, one a line. */
export function poolYaml(backends: readonly BackendYaml[], more: readonly string[] = []): string {
  const listed = backends.map((backend, at) => `      - ${line({ id: `b${at}`, ...backend })}\n`);
  const keys = more.map((line) => `    ${line}\n`);
  return `rate_limit: { enabled: false }\npools:\n  default:\n${keys.join('')}    backends:\n${listed.join('')}`;
}

function line({ id, url, backup, max_in_flight }: BackendYaml): string {
  return JSON.stringify({ id, url, backup, max_in_flight });
}
