/** Vocabulary of client identities: for the API, the database, the command line and the dashboard. */

/** What identifies a client: an address, a block of addresses, or a client id. */
export const CLIENT_KINDS = ['ip', 'cidr', 'id'] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** Longest client id, characters. */
export const MAX_CLIENT_ID = 128;
