/** Versions as entity tags (RFC 9110, 8.8.3) and preconditions on them (13.1.1). */
import { GatewayError } from '../errors.ts';

/** Versions a caller accepts (If-Match); undefined: any. */
export type AcceptedVersions = readonly number[] | undefined;

/** @param version 0 and above. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/** A comma inside a tag separates nothing. */
const ELEMENTS = /(?:[^",]|"[^"]*")+/g;
const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const OUR_TAG = /^"(0|[1-9]\d{0,9})"$/;

/** Elements of a list of tags; undefined: any (`*`). Throws GW_BAD_REQUEST if the field is malformed. */
function tagsOf(name: string, field: string): readonly string[] | undefined {
  if (field.trim() === '*') return undefined;
  const tags = (field.match(ELEMENTS) ?? []).map((element) => element.trim()).filter((element) => element !== '');
  const isUnclosed = field.split('"').length % 2 === 0;
  if (tags.length === 0 || isUnclosed || !tags.every((tag) => TAG.test(tag))) throw malformed(name);
  return tags;
}

/**
 * The versions an If-Match field accepts; undefined: any (no field, or `*`). If-Match compares strongly, so a weak tag
 * matches nothing; nor does a foreign tag. Throws GW_BAD_REQUEST if the field is malformed.
 */
export function acceptedVersions(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined) return undefined;
  return tagsOf('If-Match', ifMatch)
    ?.flatMap((tag) => OUR_TAG.exec(tag)?.[1] ?? [])
    .map(Number);
}

/**
 * Whether an If-None-Match field contains the tag, weakly compared, or `*`. Throws GW_BAD_REQUEST if the field is
 * malformed.
 */
export function namesTag(ifNoneMatch: string, tag: string): boolean {
  const tags = tagsOf('If-None-Match', ifNoneMatch);
  return tags === undefined || tags.some((each) => opaque(each) === opaque(tag));
}

/** Before an existing resource is changed: throws GW_PRECONDITION_FAILED if If-None-Match contains its version. */
export function assertNotNamed(ifNoneMatch: string | undefined, version: number): void {
  if (ifNoneMatch === undefined || !namesTag(ifNoneMatch, entityTag(version))) return;
  throw new GatewayError('GW_PRECONDITION_FAILED', { message: 'If-None-Match matches the current version' });
}

const opaque = (tag: string): string => tag.replace(/^W\//, '');

const malformed = (name: string): GatewayError =>
  new GatewayError('GW_BAD_REQUEST', {
    message: `${name} must be * or entity tags in double quotes, such as "3"`,
  });
