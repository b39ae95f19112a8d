/** Words of the database. */

/** Where data is kept: in a local file, or on a server. */
export const DATABASE_MODES = ['embedded', 'postgres'] as const;
export type DatabaseMode = (typeof DATABASE_MODES)[number];
