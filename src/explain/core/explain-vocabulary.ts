/** Words of explanations. */

/** The rate limits that a request may meet, as in RateLimit-Policy. */
export const EXPLAINED_LIMITS = ['client', 'preflight', 'route-client', 'route', 'global', 'route-key'] as const;
export type ExplainedLimitName = (typeof EXPLAINED_LIMITS)[number];

/** Of all routes together, and of its route. */
export const EXPLAINED_IN_FLIGHT = ['in-flight', 'route-in-flight'] as const;
export type ExplainedInFlightName = (typeof EXPLAINED_IN_FLIGHT)[number];

/** What decides about a request, in this order. */
export const EXPLAINED_STEPS = [
  'geo',
  'admission',
  'addresses',
  'limits',
  'https',
  'certificate',
  'route',
  'cors',
  'auth',
  'shedding',
  'in_flight',
  'key_limit',
  'quota',
  'plugin',
  'answer',
  'rewrite',
  'split',
  'fallback',
  'cache',
  'backends',
] as const;
export type ExplainedStepName = (typeof EXPLAINED_STEPS)[number];

/** The request goes on, it is answered here, or only a real request finds out. */
export const STEP_OUTCOMES = ['passes', 'answers', 'unknown'] as const;
export type StepOutcome = (typeof STEP_OUTCOMES)[number];
