/** A program for dns-01 challenges that waits for the test: what happens to a gateway in the middle of an order. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pebble } from './pebble.ts';

export interface HeldDnsHook {
  /** Of an issuer, by the configuration. */
  readonly issuer: object;
  /** A gateway has called it. */
  hasBegun(): boolean;
  /** This call goes on, and later ones do not wait. */
  letGo(): void;
}

/** @param folder it ends with that, in any case */
export function heldDnsHook({ caFile, directory, dnsUrl }: Pebble, folder: string): HeldDnsHook {
  const [hook, began, go] = ['hook.js', 'began', 'go'].map((name) => join(folder, name)) as [string, string, string];
  const script = `#!${process.execPath}
    const [, , action, name, value] = process.argv;
    const { existsSync, writeFileSync } = require('node:fs');
    writeFileSync(${JSON.stringify(began)}, '');
    const path = action === 'present' ? '/set-txt' : '/clear-txt';
    const send = () =>
      fetch(${JSON.stringify(dnsUrl)} + path, { method: 'POST', body: JSON.stringify({ host: name + '.', value }) })
        .then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1));
    // A process of its own, which only sees files: it polls until the test lets it go.
    const look = () =>
      existsSync(${JSON.stringify(go)}) ? send() : existsSync(__filename) ? setTimeout(look, 20) : process.exit(1);
    look();`;
  writeFileSync(hook, script);
  chmodSync(hook, 0o755);
  return {
    issuer: { directory, agree: true, ca_file: caFile, dns_hook: hook, challenges: ['dns-01'] },
    hasBegun: () => existsSync(began),
    letGo: () => writeFileSync(go, ''),
  };
}
