/** Backends without a health endpoint, while nobody has configured a check. */

/** Path of a check while none is configured. */
export const DEFAULT_HEALTH_PATH = '/health';

/** First and last status of a backend that passes, while no others are configured. */
export const DEFAULT_HEALTH_STATUS: [number, number] = [200, 399];

/** What to do about a backend that is unchecked. */
export const UNCHECKED_HINT = hintFor(DEFAULT_HEALTH_PATH);

interface Check {
  readonly type: string;
  readonly path: string | null;
  readonly port: number | null;
  readonly expectedStatus: readonly [number, number];
  readonly expectedBody: string | null;
  readonly expectedHeaders: Readonly<Record<string, string>>;
}

/** How a server answers a path that it does not have: not found, method not allowed, not implemented. */
const NO_ENDPOINT: ReadonlySet<string> = new Set(['status 404', 'status 405', 'status 501']);

/** Whether a failed check shows only that the server has no endpoint for it. @param error of the check */
export function hasNoEndpoint(error: string): boolean {
  return NO_ENDPOINT.has(error);
}

/** Whether nobody said how the backend shows its health. How often it is asked, and with which method, says nothing. */
export function isUnconfigured({ type, path, port, ...expected }: Check): boolean {
  const { expectedStatus, expectedBody, expectedHeaders } = expected;
  const isExpecting =
    expectedStatus.join() !== DEFAULT_HEALTH_STATUS.join() ||
    expectedBody !== null ||
    Object.keys(expectedHeaders).length > 0;
  return type === 'http' && path === null && port === null && !isExpecting;
}

/** For a backend whose check fails because it has no endpoint. */
export function hintFor(path: string): string {
  return `it has no ${path}: set health_check.path, or health_check.enabled: false`;
}
