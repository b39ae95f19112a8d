import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Compares offered tokens with the right one in constant time. Digests are compared, so that neither the place of
 * the first difference nor the length shows in the time. Undefined is never right.
 */
export function bearerCheck(token: string): (offered: string | undefined) => boolean {
  const expected = digest(token);
  return (offered) => timingSafeEqual(digest(offered ?? ''), expected) && offered !== undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
