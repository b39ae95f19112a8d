/** What forwarding needs of its traffic thread. */
import type { Random } from '../core/random.ts';
import type { Via } from './message/via.ts';
import type { BackendRow } from '../backends/backend-row.ts';
import type { Balancer } from '../balancing/balancer.ts';
import type { Breaker } from '../breaker/breaker.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import type { HeadFlushes } from './relay.ts';
import type { Upstreams } from './upstreams.ts';

export interface ForwardingPorts {
  readonly clock: SharedClock;
  readonly via: Via;
  readonly row: BackendRow;
  readonly balancer: Balancer;
  readonly breaker: Breaker;
  readonly upstreams: Upstreams;
  readonly flushes: HeadFlushes;
  readonly random: Random;
  readonly onRetry: () => void;
  /** The gateway is stopping: clients are told to close their connections. */
  readonly isStopping: () => boolean;
}
