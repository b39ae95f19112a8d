/** How much the tables in shared memory hold: fixed when the process starts. Pages that nobody touches cost no memory. */
export const MAX_BACKENDS = 4096;
export const MAX_POOLS = 4096;
export const MAX_ROUTES = 4096;
/** The most that `rate_limit.max_clients` can ask for. */
export const MAX_CLIENTS = 16_000_000;
