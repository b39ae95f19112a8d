/** Most pools at a time: so many slots the shared tables have for them. */
export const MAX_POOLS = 4096;
