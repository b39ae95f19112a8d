/** A keeper of automatic certificates on a clock of the test, with a store in memory. */
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { AcmeKeeper } from '../../src/acme/control/acme-keeper.ts';
import { KeyCipher } from '../../src/acme/control/key-cipher.ts';
import type { Issuer } from '../../src/acme/wanted-certificate.ts';
import type { ServedCertificate } from '../../src/certificates/certificate.ts';
import { openCertificate } from '../../src/certificates/shared-certificate.ts';
import { MemoryAcmeStore } from './memory-acme-store.ts';

export const START_MS = Date.parse('2026-11-30T12:00:00Z');

export class AcmeKeeperWorld {
  nowMs = START_MS;
  readonly store = new MemoryAcmeStore(() => this.nowMs);
  readonly log: Record<string, unknown>[] = [];
  readonly events: string[] = [];
  readonly served = new Map<string, ServedCertificate>();

  /** Stopped after the test. @param key of the cipher */
  keeper(t: TestContext, key = 1, gateway = 'here'): AcmeKeeper {
    const keeper = new AcmeKeeper({
      store: this.store,
      cipher: new KeyCipher(new Uint8Array(32).fill(key)),
      gateway: () => gateway,
      log: pino({}, { write: (line: string) => void this.log.push(JSON.parse(line)) }),
      wallMs: () => this.nowMs,
      random: () => 0.5,
      publish: async (set, removed) => {
        for (const id of removed) this.served.delete(id);
        for (const each of set) this.served.set(each.id, openCertificate(each));
      },
      publishChallenges: async () => {},
      onEvent: (_severity, _host, message) => void this.events.push(message),
    });
    t.after(() => keeper.stop());
    return keeper;
  }
}

/** One that validates by http-01, without anything special. */
export function issuerOf(name: string, { directory, caPem }: Pick<Issuer, 'directory' | 'caPem'>): Issuer {
  return {
    name,
    directory,
    caPem,
    email: null,
    profile: null,
    preferredChain: null,
    challenges: ['http-01'],
    eab: null,
    dnsHook: null,
  };
}
