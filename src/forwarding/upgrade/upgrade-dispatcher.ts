/** What the proxy plugin hands requests to change the protocol to. */
import type { IncomingMessage } from 'node:http';
import type { Random } from '../../core/random.ts';
import type { Via } from '../message/via.ts';
import type { BackendRow } from '../../backends/backend-row.ts';
import type { Breaker } from '../../breaker/outcomes.ts';
import type { SharedClock } from '../../runtime/shared-clock.ts';
import type { ForwardedExchange } from '../forwarding.ts';
import type { Tunnels } from './tunnels.ts';
import { UpgradeForwarding } from './upgrade-forwarding.ts';

export interface UpgradePorts {
  readonly clock: SharedClock;
  readonly via: Via;
  readonly row: BackendRow;
  readonly breaker: Breaker;
  readonly tunnels: Tunnels;
  readonly random: Random;
  readonly onRetry: () => void;
  readonly isStopping: () => boolean;
}

/** Told once: the answer can begin, or there will be none of a backend. */
export type AnswerCallback = (error: Error | null, answer: { begin(): void } | null) => void;

export class UpgradeDispatcher {
  readonly #ports: UpgradePorts;

  constructor(ports: UpgradePorts) {
    this.#ports = ports;
  }

  forward(exchange: ForwardedExchange, request: IncomingMessage, callback: AnswerCallback): void {
    new UpgradeForwarding(this.#ports, exchange, request, callback).start();
  }
}
