/** What forwarding an upgrade needs of its traffic thread. */
import type { Random } from '../../core/random.ts';
import type { Via } from '../message/via.ts';
import type { BackendRow } from '../../backends/backend-row.ts';
import type { Balancer } from '../../balancing/balancer.ts';
import type { Breaker } from '../../breaker/breaker.ts';
import type { SharedClock } from '../../runtime/shared-clock.ts';
import type { Tunnels } from './tunnels.ts';

export interface UpgradePorts {
  readonly clock: SharedClock;
  readonly via: Via;
  readonly row: BackendRow;
  readonly balancer: Balancer;
  readonly breaker: Breaker;
  readonly tunnels: Tunnels;
  readonly random: Random;
  readonly onRetry: () => void;
  readonly isStopping: () => boolean;
}

/** Told once: the answer can begin, or there will be none of a backend. */
export type AnswerCallback = (error: Error | null, answer: { begin(): void } | null) => void;
