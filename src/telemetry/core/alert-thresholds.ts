/**
 * When the metrics of the last minutes are bad enough for an alert: the dashboard's verdict and the Prometheus alert
 * rules (docker/prometheus/rules/sluice.yml) use the same numbers; a test compares them.
 */
export const ALERT_THRESHOLDS = {
  /** SluiceHighErrorShare: answers of 500 and above as a share of a route's answers, 0..1. */
  errorShare: 0.05,
  /** SluiceRefusesMuch: requests refused by a rate limit as a share of all, 0..1. */
  refusedShare: 0.2,
  /** SluiceSlow: p95 of a route's forwarded requests, s. */
  p95Seconds: 1,
  /** Shares of fewer requests a second mean nothing: a single failure at night would page. */
  minRequestsPerSecond: 1,
} as const;
