/** Words of explanations. */

/** The limits that a request may meet. */
export const EXPLAINED_LIMITS = ['client', 'route', 'global'] as const;
export type ExplainedLimitName = (typeof EXPLAINED_LIMITS)[number];
