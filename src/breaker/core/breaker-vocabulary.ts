/** Words and ranges of circuits: for the file, the API, Prometheus and the dashboard. */

export const CIRCUIT_STATES = ['closed', 'open', 'half-open'] as const;
export type CircuitState = (typeof CIRCUIT_STATES)[number];

/** How long an operator may force a circuit open, seconds. */
export const OPEN_SECONDS = { minimum: 1, maximum: 86_400 } as const;
/** The default. */
export const DEFAULT_OPEN_SECONDS = 60;
