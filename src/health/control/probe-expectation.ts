/**
 * Compares the answer to a probe with the expected one. Returns what is wrong with it, in a few words; null: nothing.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { HealthCheckSettings } from '../../config/settings.ts';

type Expectation = Pick<HealthCheckSettings, 'expectedStatus' | 'expectedHeaders' | 'expectedBody'>;

export function wrongHead(status: number, headers: IncomingHttpHeaders, check: Expectation): string | null {
  const [from, to] = check.expectedStatus;
  if (status < from || status > to) return `status ${status}`;
  for (const [name, expected] of Object.entries(check.expectedHeaders)) {
    const found = headers[name];
    if (found === undefined) return `no header ${name}`;
    if (!String(found).includes(expected)) return `header ${name} without ${quote(expected)}`;
  }
  return null;
}

/** @param body the part that was read */
export function wrongBody(body: string, { expectedBody }: Expectation): string | null {
  return expectedBody === null || body.includes(expectedBody) ? null : `body without ${quote(expectedBody)}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
