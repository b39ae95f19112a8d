/** Where data is kept: in a file of the gateway's own, or on a server. */
export const DATABASE_MODES = ['embedded', 'postgres'] as const;
export type DatabaseMode = (typeof DATABASE_MODES)[number];
