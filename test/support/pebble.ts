/**
 * A real ACME server, Let's Encrypt's Pebble, with its challenge test server for DNS: every name leads to 127.0.0.1.
 * Both are in the Debian package pebble.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Authority, authority } from './issued.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { missing } from './installed.ts';
import { temporaryFolder } from './sluice-process.ts';

/** For a test's `skip`. */
export const pebbleMissing = missing('pebble', 'pebble', 'pebble-challtestsrv');

export interface PebbleOptions {
  /** Ports on which it validates; 0: it never gets through. */
  readonly httpPort?: number;
  readonly tlsPort?: number;
  /** Percent of good nonces that it refuses. */
  readonly badNonces?: number;
  /** Accounts need this binding. */
  readonly binding?: { readonly kid: string; readonly hmac: string };
  /** Of its directory; 0: any free one. */
  readonly directoryPort?: number;
  /** Of its own certificate. Default: one of its own. */
  readonly authority?: Authority;
  /** Roots besides the first, each with a chain of its own that is offered, too. */
  readonly alternateRoots?: number;
  /** How long certificates last, s. */
  readonly validitySeconds?: number;
}

export interface Pebble {
  readonly directory: string;
  /** Of its own certificate, PEM, and a file with it. */
  readonly caPem: string;
  readonly caFile: string;
  /** Root of the certificates it issues, PEM. @param alternate 0, the default: the first */
  root(alternate?: number): Promise<string>;
  /** Of its DNS server, which takes other answers there. */
  readonly dnsUrl: string;
  /** What it printed so far. */
  log(): string;
  stop(): Promise<void>;
}

export async function startPebble(t: Pick<TestContext, 'after'>, options: PebbleOptions = {}): Promise<Pebble> {
  const {
    httpPort = 1,
    tlsPort = 1,
    badNonces = 0,
    binding,
    alternateRoots = 0,
    validitySeconds = 7_776_000,
  } = options;
  const folder = temporaryFolder(t);
  const { directoryPort = 0 } = options;
  const [freeDirectoryPort, managementPort, dnsPort, dnsManagementPort] = await Promise.all(
    [1, 2, 3, 4].map(() => freePort()),
  );
  const port = directoryPort === 0 ? freeDirectoryPort : directoryPort;
  const own = options.authority ?? authority('Pebble test root');
  const { cert, key } = own.issue(['localhost', '127.0.0.1']);
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, own.cert);
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: join(folder, 'cert.pem'),
      privateKey: join(folder, 'key.pem'),
      httpPort,
      tlsPort,
      ocspResponderURL: '',
      externalAccountBindingRequired: binding !== undefined,
      ...(binding !== undefined && { externalAccountMACKeys: { [binding.kid]: binding.hmac } }),
      certificateValidityPeriod: validitySeconds,
    },
  };
  const configFile = join(folder, 'pebble.json');
  writeFileSync(configFile, JSON.stringify(config));
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', ''];
  const addresses = ['-dns01', `127.0.0.1:${dnsPort}`, '-management', `127.0.0.1:${dnsManagementPort}`];
  const dns = run('pebble-challtestsrv', [...off, ...addresses]);
  const pebble = run('pebble', ['-config', configFile, '-dnsserver', `127.0.0.1:${dnsPort}`], {
    PEBBLE_VA_NOSLEEP: '1',
    PEBBLE_WFE_NONCEREJECT: String(badNonces),
    PEBBLE_AUTHZREUSE: '0',
    PEBBLE_ALTERNATE_ROOTS: String(alternateRoots),
  });
  const stop = async (): Promise<void> => {
    await Promise.all([pebble.end(), dns.end()]);
  };
  t.after(stop);
  const directory = `https://127.0.0.1:${port}/dir`;
  const get = (url: string): Promise<string> => read(url, own.cert);
  await eventually('Pebble answers', () =>
    get(directory).then(
      () => true,
      () => false,
    ),
  );
  const dnsUrl = `http://127.0.0.1:${dnsManagementPort}`;
  await eventually('its DNS server answers', () =>
    fetch(dnsUrl).then(
      () => true,
      () => false,
    ),
  );
  return {
    directory,
    caPem: own.cert,
    caFile,
    root: (alternate = 0) => get(`https://127.0.0.1:${managementPort}/roots/${alternate}`),
    dnsUrl,
    log: pebble.output,
    stop,
  };
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child: ChildProcess = spawn(program, args, { env: { PATH: process.env['PATH'], ...env } });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = once(child, 'close');
  return {
    output: () => output,
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill();
      await exited;
    },
  };
}

function read(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ca, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve(body));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}
