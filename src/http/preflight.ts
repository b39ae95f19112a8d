import type { FieldValues } from './fields/field-values.ts';

export interface AskedRequest {
  readonly method?: string | undefined;
  readonly headers: object;
}

/** A browser asks whether a page may send a request (Fetch standard, 3.2.2). */
export function isPreflight({ method, headers }: AskedRequest): boolean {
  return method === 'OPTIONS' && 'origin' in headers && plannedMethod(headers) !== undefined;
}

/** The method of the request that it asks about. */
export function plannedMethod(headers: object): string | undefined {
  return (headers as FieldValues)['access-control-request-method'];
}
