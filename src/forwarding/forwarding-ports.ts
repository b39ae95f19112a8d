/** What forwarding needs from its traffic thread. */
import type { OwnAnswer } from '../http/own-answer-parts.ts';
import type { Exchange } from '../routing/exchange.ts';
import type { Deadlines } from '../runtime/deadlines.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import type { Mirror } from './mirror.ts';
import type { Via } from './message/via.ts';
import type { TriesPorts } from './tries.ts';
import type { Upstreams } from './upstreams.ts';

export interface ForwardingPorts extends TriesPorts {
  /** Writes an answer of the gateway itself. */
  readonly sendOwn: (exchange: Exchange, answer: OwnAnswer) => void;
  readonly clock: SharedClock;
  readonly via: Via;
  readonly upstreams: Pick<Upstreams, 'to'>;
  /** Of requests, by their route's timeout. */
  readonly deadlines: Deadlines;
  readonly mirror: Mirror;
}
