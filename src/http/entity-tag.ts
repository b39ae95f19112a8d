/** Versions as entity tags (RFC 9110, 8.8.3) and preconditions on them (13.1.1). */
import { GatewayError } from '../errors.ts';

/** @param version 0 and above. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/** A comma inside a tag separates nothing. */
const ELEMENTS = /(?:[^",]|"[^"]*")+/g;
const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const OUR_TAG = /^"(0|[1-9]\d{0,9})"$/;

/**
 * The versions an If-Match field accepts; undefined: any (no field, or `*`). If-Match compares strongly, so a weak tag
 * matches nothing; nor does a tag that is none of ours. Throws GW_BAD_REQUEST when the field is malformed.
 */
export function acceptedVersions(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const tags = (ifMatch.match(ELEMENTS) ?? []).map((element) => element.trim()).filter((element) => element !== '');
  const isUnclosed = ifMatch.split('"').length % 2 === 0;
  if (tags.length === 0 || isUnclosed || !tags.every((tag) => TAG.test(tag))) throw malformed();
  return tags.flatMap((tag) => OUR_TAG.exec(tag)?.[1] ?? []).map(Number);
}

const malformed = (): GatewayError =>
  new GatewayError('GW_BAD_REQUEST', {
    message: 'If-Match must be * or entity tags in double quotes, such as "3"',
  });
