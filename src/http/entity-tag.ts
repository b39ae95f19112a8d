/** Versions as entity tags (RFC 9110, 8.8.3) and preconditions on them (13.1.1). */
import { GatewayError } from '../errors.ts';

export function entityTag(version: number): string {
  return `"${version}"`;
}

const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const LIST = new RegExp(String.raw`^[ \t]*,*[ \t]*${TAG}(?:[ \t]*,[ \t]*(?:${TAG})?)*[ \t]*$`);

/**
 * The versions an If-Match field accepts; undefined: any (no field, or `*`). If-Match compares strongly, so a weak tag
 * matches nothing; nor does a tag that is none of ours. Throws GW_BAD_REQUEST when the field is malformed.
 */
export function acceptedVersions(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  if (!LIST.test(ifMatch)) {
    throw new GatewayError('GW_BAD_REQUEST', {
      message: 'If-Match must be * or entity tags in double quotes, such as "3"',
    });
  }
  return [...ifMatch.matchAll(new RegExp(TAG, 'g'))]
    .map(([tag]) => /^"([1-9]\d{0,9})"$/.exec(tag)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number);
}
