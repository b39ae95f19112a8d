import type { components } from '../../../openapi/client.ts';

type ErrorBody = components['schemas']['Error'];

/** An error from the API, in its own words. */
export class ApiError extends Error {
  readonly status: number;
  /** `GW_…`; null if there was no answer, or none of ours. */
  readonly code: string | null;
  readonly details: NonNullable<ErrorBody['details']>;

  constructor(status: number, body: Partial<ErrorBody> | undefined) {
    super(body?.message ?? (status === 0 ? 'The gateway does not answer' : `The gateway answered ${status}`));
    this.name = 'ApiError';
    this.status = status;
    this.code = body?.error ?? null;
    this.details = body?.details ?? [];
  }
}

/** For display: the message, and what is wrong in which field. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) {
    return [error.message, ...error.details.map(({ field, message }) => `${field}: ${message}`)].join('\n');
  }
  return error instanceof Error ? error.message : String(error);
}
