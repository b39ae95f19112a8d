/** What forwarding an upgrade needs from its traffic thread. */
import type { SharedClock } from '../../runtime/shared-clock.ts';
import type { Via } from '../message/via.ts';
import type { TriesPorts } from '../tries.ts';
import type { Tunnels } from './tunnels.ts';

export interface UpgradePorts extends TriesPorts {
  readonly clock: SharedClock;
  readonly via: Via;
  readonly tunnels: Tunnels;
  readonly isStopping: () => boolean;
}
