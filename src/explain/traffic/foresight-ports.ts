/** What decides about real requests in a thread. */
import type { Guards } from '../../auth/traffic/guards.ts';
import type { RequestIdentity } from '../../identity/request-identity.ts';
import type { RouteCaches } from '../../policies/cache/route-caches.ts';
import type { Shedder } from '../../policies/shedding/shedder.ts';
import type { SnapshotHolder } from '../../routing/live-snapshot.ts';
import type { SharedClock } from '../../runtime/shared-clock.ts';
import type { LimitPorts } from './foresee-limits.ts';

export interface ThreadExplainerPorts extends LimitPorts {
  readonly live: SnapshotHolder;
  readonly clock: SharedClock;
  readonly identity: RequestIdentity;
  readonly guards: Guards;
  readonly caches: RouteCaches;
  /** Null: off. */
  readonly shedder: Shedder | null;
  /** The ports of clients; `tls` 0: none. */
  readonly listeners: () => { readonly plain: number; readonly tls: number };
  /** Whether there is a certificate for this name. */
  readonly isServed: (name: string) => boolean;
}
