/** The words that may stand in braces in texts of settings, which template.ts reads. */

interface PlaceholderKind {
  /** Followed by a dot and a name: `{header.x-tenant}`. */
  readonly hasArgument: boolean;
  /** A part of a URL as the client sent it: its own escapes are kept. */
  readonly isUrl: boolean;
}

/** What may stand in braces in a template. */
export const PLACEHOLDERS = {
  request_id: { hasArgument: false, isUrl: false },
  client_address: { hasArgument: false, isUrl: false },
  /** Where the client is, as a proxy in front or the table of locations says. */
  geo: { hasArgument: false, isUrl: false },
  /** The id of a registered client or of a certificate; else the address. */
  client_id: { hasArgument: false, isUrl: false },
  /** Who the authentication of the route says it is: a client, a user, the subject of a token. */
  auth_user: { hasArgument: false, isUrl: false },
  route: { hasArgument: false, isUrl: false },
  method: { hasArgument: false, isUrl: false },
  scheme: { hasArgument: false, isUrl: false },
  /** The Host field, with its port. */
  host: { hasArgument: false, isUrl: true },
  /** Without the query. */
  path: { hasArgument: false, isUrl: true },
  /** With its question mark; empty: none. */
  query: { hasArgument: false, isUrl: true },
  /** A group of `path_regex`, by number. */
  group: { hasArgument: true, isUrl: true },
  header: { hasArgument: true, isUrl: false },
  /** A claim of a verified JSON Web Token. */
  jwt: { hasArgument: true, isUrl: false },
} as const satisfies Record<string, PlaceholderKind>;

export type Placeholder = keyof typeof PLACEHOLDERS;

export function findPlaceholder(word: string): Placeholder | undefined {
  return Object.hasOwn(PLACEHOLDERS, word) ? (word as Placeholder) : undefined;
}
