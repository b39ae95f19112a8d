/** What a sample backend does besides answering. */
export interface Behaviour {
  /** Before every answer but /health, ms. Default 0. */
  readonly delayMs: number;
  /** Random addition of up to this much, ms. Default 0. */
  readonly jitterMs: number;
  /** Share of requests answered 503, all but /health, 0..1. Default 0. */
  readonly errorRate: number;
  /** Share of requests whose answer ends in the middle of its body, all but /health, 0..1. Default 0. */
  readonly cutRate: number;
  /** /health answers 503. Default false. */
  readonly unhealthy: boolean;
  /** Requests are accepted and never answered, /health too. Default false. */
  readonly hang: boolean;
  /** The port refuses connections, as if the process had died; open connections are reset. Default false. */
  readonly down: boolean;
}
