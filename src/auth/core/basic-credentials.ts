/** Name and password in an Authorization field (RFC 7617). */

export interface BasicCredentials {
  readonly name: string;
  readonly password: string;
}

const SCHEME = /^basic +([A-Za-z0-9+/_-]*={0,2}) *$/i;
const CONTROL = /\p{Cc}/u;

/** The part in base64; undefined: another scheme. */
export function basicToken(field: string | undefined): string | undefined {
  return field === undefined ? undefined : SCHEME.exec(field)?.[1];
}

/** Undefined: malformed. @param text the decoded token */
export function parseBasic(text: string): BasicCredentials | undefined {
  const colon = text.indexOf(':');
  if (colon === -1 || CONTROL.test(text)) return undefined;
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
