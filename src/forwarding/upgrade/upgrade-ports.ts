/** What forwarding an upgrade needs from its traffic thread. */
import type { OwnAnswer } from '../../http/own-answer-parts.ts';
import type { Exchange } from '../../routing/exchange.ts';
import type { SharedClock } from '../../runtime/shared-clock.ts';
import type { Via } from '../message/via.ts';
import type { TriesPorts } from '../tries.ts';
import type { Tunnels } from './tunnels.ts';

export interface UpgradePorts extends TriesPorts {
  /** Writes an answer of the gateway itself. */
  readonly sendOwn: (exchange: Exchange, answer: OwnAnswer) => void;
  readonly clock: SharedClock;
  readonly via: Via;
  readonly tunnels: Tunnels;
  readonly isStopping: () => boolean;
}
