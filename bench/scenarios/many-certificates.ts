/**
 * Ten thousand certificates from files, each with a key of its own and its intermediate, compared with one: how much
 * longer a start takes until the first answer over TLS, and how much more memory a traffic thread takes.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueCertificate } from '../../src/certificates/issue-certificate.ts';
import { firstAnswer } from '../first-answer.ts';
import { freePorts, type Lab } from '../lab.ts';
import { sluice } from '../peers.ts';
import { cpuMicros, end, residentMiB, settled, start } from '../processes.ts';
import { median } from '../report.ts';
import { limitFinding, type Finding, type Scenario } from '../scenario.ts';

const MANY = 10_000;
const ROUNDS = 5;
const MORE_THREADS = 3;
const DAY_MS = 86_400_000;

export const manyCertificates: Scenario = {
  name: 'many-certificates',
  run: async (lab, { isQuick }) => {
    const certificates = writeCertificates(lab.folder('certificates'), isQuick ? MANY / 10 : MANY);
    const count = certificates.length.toLocaleString('en');
    const [one, many] = [certificates.slice(0, 1), certificates];
    const rounds: Round[] = [];
    for (let round = 0; round < (isQuick ? 1 : ROUNDS); round += 1) {
      rounds.push({ few: await measureStart(lab, one, 1), all: await measureStart(lab, many, 1) });
    }
    const threads: Round = {
      few: await measureStart(lab, one, MORE_THREADS),
      all: await measureStart(lab, many, MORE_THREADS),
    };
    return [startFinding(count, rounds), memoryFinding(count, rounds, threads)];
  },
};

interface Certificate {
  readonly host: string;
  readonly cert_file: string;
  readonly key_file: string;
}

interface Start {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** At rest. */
  readonly mib: number;
}

interface Round {
  readonly few: Start;
  readonly all: Start;
}

function startFinding(count: string, rounds: readonly Round[]): Finding {
  const more = (of: keyof Start): number => median(rounds.map(({ few, all }) => all[of] - few[of]));
  const finding = limitFinding(`${count} certificates: start, more than with one`, more('seconds'), 's', 1, 2);
  const alone = median(rounds.map(({ few }) => few.seconds));
  const details = `${more('cpuSeconds').toFixed(2)} s of CPU; with one, a start takes ${alone.toFixed(2)} s`;
  return { ...finding, measured: `${finding.measured} (${details})` };
}

/** What further threads take, with many certificates and with one: the rest is of the control thread. */
function memoryFinding(count: string, rounds: readonly Round[], threads: Round): Finding {
  const ofThread = (of: keyof Round): number =>
    (threads[of].mib - median(rounds.map((round) => round[of].mib))) / (MORE_THREADS - 1);
  const work = `${count} certificates: memory of a traffic thread, more than with one`;
  return limitFinding(work, ofThread('all') - ofThread('few'), 'MiB', 32, 1);
}

async function measureStart(lab: Lab, certificates: readonly Certificate[], threads: number): Promise<Start> {
  const [port, tlsPort, secondPort] = (await freePorts(3)) as [number, number, number];
  const folder = lab.folder(`with-${certificates.length}-${threads}`);
  const files = certificates.map(({ cert_file, key_file }) => ({ cert_file, key_file }));
  const command = sluice(
    { folder, port, secondPort, backends: lab.backends },
    { database: { data_dir: join(folder, 'data') }, tls: { port: tlsPort, certificates: files } },
    threads,
  );
  const began = performance.now();
  // Both cores, as in production.
  const running = start('Sluice', command, undefined);
  try {
    await firstAnswer(running, `https://127.0.0.1:${tlsPort}/`, certificates.at(-1)!.host);
    const [seconds, cpuSeconds] = [(performance.now() - began) / 1000, cpuMicros(running.pid) / 1e6];
    // The database must be intact the next time.
    await firstAnswer(running, `http://127.0.0.1:${secondPort}/readyz`);
    await settled(running.pid);
    return { seconds, cpuSeconds, mib: residentMiB(running.pid) };
  } finally {
    await end(running);
  }
}

/** On P-256, below one intermediate. */
function writeCertificates(folder: string, count: number): readonly Certificate[] {
  const [root, middle] = [
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ];
  const now = Date.now();
  const validity = { notBeforeMs: now - DAY_MS, notAfterMs: now + 10 * DAY_MS };
  const intermediate = issueCertificate(
    { ...validity, subject: 'bench', issuer: 'root', publicKey: middle.publicKey, serial: randomBytes(8), hosts: null },
    root.privateKey,
  );
  return Array.from({ length: count }, (_, at) => {
    const host = `host-${at}.bench.test`;
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const leaf = issueCertificate(
      { ...validity, subject: host, issuer: 'bench', publicKey, serial: randomBytes(8), hosts: [host] },
      middle.privateKey,
    );
    const files = { cert_file: join(folder, `${at}.pem`), key_file: join(folder, `${at}.key`) };
    writeFileSync(files.cert_file, leaf + intermediate);
    writeFileSync(files.key_file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return { host, ...files };
  });
}
