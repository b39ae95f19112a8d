/** What `import … from 'sluice/plugins'` offers: limits, circuits and balancing for a Fastify app of one's own, or without Fastify. */
export { rateLimit, RateLimitError, type RateLimitOptions, type RouteRateLimit } from './library/rate-limit.ts';
export { Limiter, type Limit, type LimitDecision, type LimiterMemory, type LimiterOptions } from './library/limiter.ts';
export { Breakers, type BreakersOptions, circuitBreaker, CircuitOpenError } from './library/circuit-breaker.ts';
export type { CallOutcome } from './library/circuit.ts';
export { outcomeOfCall, type Settled } from './library/outcome-of-call.ts';
export { balancer, type BalancerOptions, type HealthOptions } from './library/balancer.ts';
export {
  type BackendChoice,
  BackendList,
  type BackendListOptions,
  type BackendState,
  type ListedBackend,
  NoBackendError,
  type PickOptions,
} from './library/backend-list.ts';
