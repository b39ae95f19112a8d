/** Values of placeholders in URLs: what is no part of a URL is escaped, and so is what its syntax would be changed by. */
import type { Placeholder } from '../core/placeholder-vocabulary.ts';
import { PLACEHOLDERS } from '../core/placeholder-vocabulary.ts';

/** For {@link Template.fill}. Parts of the client's URL keep their own escapes. */
export function asUrlPart(value: string, placeholder: Placeholder): string {
  if (PLACEHOLDERS[placeholder].isUrl) return value;
  // Fields have a character a byte, in whatever encoding it is.
  return placeholder === 'header' ? encodeBytes(value) : encodeURIComponent(value.toWellFormed());
}

/** The same in a query, where parts of a path would be syntax: `&` would begin another parameter. */
export function asQueryPart(value: string, placeholder: Placeholder): string {
  const text = asUrlPart(value, placeholder);
  return PLACEHOLDERS[placeholder].isUrl ? encodeSyntax(text) : text;
}

function encodeSyntax(url: string): string {
  return encodeBytes(url, /[^A-Za-z0-9\-._~!*'()%/:@]/g);
}

function encodeBytes(latin1: string, which = /[^A-Za-z0-9\-._~!*'()]/g): string {
  return latin1.replace(
    which,
    (character) => `%${(character.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
