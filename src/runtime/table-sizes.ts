/** The capacity of the tables in shared memory: fixed when the process starts. Untouched pages cost no memory. */
export const MAX_BACKENDS = 4096;
export const MAX_POOLS = 4096;
export const MAX_ROUTES = 4096;
/** The maximum of `rate_limit.max_clients`. */
export const MAX_CLIENTS = 16_000_000;
/** Of users. */
export const MAX_PLUGINS = 64;
