import type { Logger } from 'pino';
import { warningsOf } from '../../config/check/warnings.ts';
import type { Settings } from '../../config/settings.ts';

export interface RiskLogPorts {
  readonly log: Pick<Logger, 'warn'>;
  /** A date has passed: a risk without a change of the settings. */
  readonly onLateRisk: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

/** Logs what is risky in the current settings, each risk once for as long as it lasts. */
export class RiskLog {
  readonly #ports: RiskLogPorts;
  /** Of the last look. */
  #known: ReadonlySet<string> = new Set();

  constructor(ports: RiskLogPorts) {
    this.#ports = ports;
  }

  /** When settings are about to apply. */
  applied(settings: Settings): void {
    this.#logNew(settings);
  }

  /** From time to time, for the same settings: certificates and lists of revoked ones expire. */
  look(settings: Settings): void {
    for (const text of this.#logNew(settings)) this.#ports.onLateRisk(text);
  }

  #logNew(settings: Settings): readonly string[] {
    const risks = warningsOf(settings, this.#ports.wallMs()).map((each) => ({
      ...each,
      text: `${each.key}: ${each.message}`,
    }));
    const added = risks.filter(({ text }) => !this.#known.has(text));
    for (const { key, message } of added) this.#ports.log.warn({ key, warning: message }, 'configuration is risky');
    this.#known = new Set(risks.map(({ text }) => text));
    return added.map(({ text }) => text);
  }
}
