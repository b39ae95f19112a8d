/** What operators hear of certificates: lines of the log, and events. Never a key. */
import type { Logger } from 'pino';

import type { FieldProblem } from '../../errors.ts';
import type { Severity } from '../../events/core/events-vocabulary.ts';
import type { CertificateState } from '../core/certificates-vocabulary.ts';
import type { Pair } from '../judge-pair.ts';

export interface CertificateLogPorts {
  readonly log: Logger;
  /** @param host the first of the certificate */
  readonly onEvent?: (severity: Severity, host: string, message: string) => void;
}

const LOGGED = {
  expiring: 'certificate expires soon',
  expired: 'certificate has expired',
  not_yet_valid: 'certificate is not valid yet',
} as const;

export class CertificateLog {
  readonly #ports: CertificateLogPorts;

  constructor(ports: CertificateLogPorts) {
    this.#ports = ports;
  }

  replaced({ leaf, hosts }: Pair): void {
    const until = leaf.validToDate.toISOString();
    const fields = { certificate: hosts[0], serial: leaf.serialNumber, not_after: until };
    this.#ports.log.info(fields, 'certificate replaced');
    this.#event('info', hosts[0]!, `certificate for ${hosts[0]!} replaced; valid until ${until}`);
  }

  uploaded({ leaf, hosts: [host] }: Pair): void {
    const until = leaf.validToDate.toISOString();
    this.#ports.log.info({ certificate: host, serial: leaf.serialNumber, not_after: until }, 'certificate uploaded');
    this.#event('info', host!, `certificate for ${host!} uploaded; valid until ${until}`);
  }

  /** An uploaded one. */
  removed([host]: readonly string[]): void {
    this.#ports.log.info({ certificate: host }, 'certificate removed');
    this.#event('info', host!, `certificate for ${host!} removed`);
  }

  /** @param served on, instead of what is in the file */
  refused({ hosts: [host] }: Pair, file: string, problem: string): void {
    this.#ports.log.error({ certificate: host, file, problem }, 'certificate files cannot be served');
    const message = `new certificate for ${host!} refused, the one before is served on: ${problem}`;
    this.#event('error', host!, message);
  }

  /** After a refusal, the files are again those that are served. */
  restored({ hosts: [host] }: Pair): void {
    this.#ports.log.info({ certificate: host }, 'certificate files can be served again');
    this.#event('info', host!, `files of the certificate for ${host!} can be served again`);
  }

  /** Once for each state. */
  changed({ leaf, hosts: [host] }: Pair, state: CertificateState): void {
    if (state === 'ok') return;
    const severity = state === 'expiring' ? 'warn' : 'error';
    const [from, until] = [leaf.validFromDate.toISOString(), leaf.validToDate.toISOString()];
    this.#ports.log[severity]({ certificate: host, not_before: from, not_after: until }, LOGGED[state]);
    const message = `certificate for ${host!}: ${state.replaceAll('_', ' ')} (valid from ${from} until ${until})`;
    this.#event(severity, host!, message);
  }

  warnings(warnings: readonly FieldProblem[]): void {
    for (const { field, message } of warnings) {
      this.#ports.log.warn({ key: field, warning: message }, 'configuration is risky');
    }
  }

  #event(severity: Severity, host: string, message: string): void {
    this.#ports.onEvent?.(severity, host, message);
  }
}
