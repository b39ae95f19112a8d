/** A real DNS server on loopback. In the Debian package dnsmasq-base. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { missing } from './installed.ts';
import { temporaryFolder } from './sluice-process.ts';

/** For a test's `skip`. */
export const dnsmasqMissing = missing('dnsmasq-base', 'dnsmasq');

export interface Zone {
  /** Addresses by name, below `test`. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly services?: readonly {
    readonly name: string;
    readonly target: string;
    readonly port: number;
    readonly priority?: number;
    readonly weight?: number;
  }[];
}

export interface Dnsmasq {
  /** `127.0.0.1:PORT`, as dns.servers takes it. */
  readonly address: string;
  /** It hangs: nothing is answered. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  /** After {@link kill}: with these records, on the same port. */
  start(zone: Zone): Promise<void>;
  /** Ends, and begins with these records. */
  restart(zone: Zone): Promise<void>;
}

/** All answers have a TTL of 1 s; names below `test` without a record do not exist, and others are refused. */
export async function startDnsmasq(t: Pick<TestContext, 'after'>, zone: Zone): Promise<Dnsmasq> {
  const file = join(temporaryFolder(t), 'dnsmasq.conf');
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const start = async (wanted: Zone): Promise<void> => {
    writeFileSync(file, `${linesOf(wanted).join('\n')}\n`);
    const flags = [`--conf-file=${file}`, `--port=${port}`, '--user=root'];
    let output = '';
    const own = spawn('dnsmasq', ['--keep-in-foreground', '--log-facility=-', ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = own;
    own.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const resolver = new Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([address]);
    await eventually('dnsmasq answers', async () => {
      if (own.exitCode !== null) throw new Error(`dnsmasq has ended: ${output}`);
      return resolver.resolve4('ready.test').then(
        () => true,
        () => false,
      );
    });
  };
  t.after(kill);
  await start(zone);
  return {
    address,
    pause: () => void child!.kill('SIGSTOP'),
    resume: () => void child!.kill('SIGCONT'),
    kill,
    start,
    restart: async (wanted) => {
      await kill();
      await start(wanted);
    },
  };
}

function linesOf({ hosts = {}, services = [] }: Zone): readonly string[] {
  return [
    'listen-address=127.0.0.1',
    'bind-interfaces',
    'no-resolv',
    'no-hosts',
    'pid-file',
    'local=/test/',
    'local-ttl=1',
    'host-record=ready.test,127.0.0.1',
    ...Object.entries(hosts).flatMap(([name, addresses]) => addresses.map((each) => `host-record=${name},${each}`)),
    ...services.map(
      ({ name, target, port, priority = 0, weight = 0 }) => `srv-host=${name},${target},${port},${priority},${weight}`,
    ),
  ];
}
