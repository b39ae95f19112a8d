/** What `sluice doctor` reports. */

export const FINDING_STATUSES = ['ok', 'warning', 'error'] as const;

export interface Finding {
  /** What was looked at: `port 8080`, `files`, `Redis`. */
  readonly check: string;
  readonly status: (typeof FINDING_STATUSES)[number];
  /** What was found. */
  readonly message: string;
  /** Why it matters; null: it is ok. */
  readonly why: string | null;
  /** What to do; null: nothing. */
  readonly fix: string | null;
}

export function ok(check: string, message: string): Finding {
  return { check, status: 'ok', message, why: null, fix: null };
}

export function warning(check: string, message: string, why: string, fix: string): Finding {
  return { check, status: 'warning', message, why, fix };
}

export function failed(check: string, message: string, why: string, fix: string): Finding {
  return { check, status: 'error', message, why, fix };
}
