/** Words of traffic threads. */

/** The states of a traffic thread. */
export const THREAD_STATES = ['starting', 'running', 'stopping', 'dead'] as const;
export type ThreadState = (typeof THREAD_STATES)[number];
