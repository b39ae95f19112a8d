/** The text of a token that lets one client see how its requests are handled, and what it says. */

/** How long a token is good for, seconds. */
export const TOKEN_SECONDS = 60;

/** `EXPIRY.SIGNATURE`, the expiry in seconds since 1970; undefined: it is none. */
export function parseToken(token: string): { readonly expiry: number; readonly signature: string } | undefined {
  const found = /^([0-9]{1,12})\.([A-Za-z0-9_-]{43})$/.exec(token);
  return found === null ? undefined : { expiry: Number(found[1]), signature: found[2]! };
}
