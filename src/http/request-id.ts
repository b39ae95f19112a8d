import { randomUUID } from 'node:crypto';

/**
 * The id of a request in logs and answers: the caller's x-request-id when it is 1..128 visible ASCII characters, else
 * a new UUID. Anything else could forge log lines or fill them.
 */
export function requestId(offered: string | string[] | undefined): string {
  return typeof offered === 'string' && /^[\x21-\x7e]{1,128}$/.test(offered) ? offered : randomUUID();
}
