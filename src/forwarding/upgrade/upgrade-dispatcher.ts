/** What the proxy plugin hands requests to change the protocol to. */
import type { IncomingMessage } from 'node:http';
import type { ForwardedExchange } from '../forwarded-exchange.ts';
import type { AnswerCallback, UpgradePorts } from './upgrade-ports.ts';
import { UpgradeForwarding } from './upgrade-forwarding.ts';

export class UpgradeDispatcher {
  readonly #ports: UpgradePorts;

  constructor(ports: UpgradePorts) {
    this.#ports = ports;
  }

  forward(exchange: ForwardedExchange, request: IncomingMessage, callback: AnswerCallback): void {
    new UpgradeForwarding(this.#ports, exchange, request, callback).start();
  }
}
