/**
 * `node bench/memory.ts`: does a large body cost memory? A gateway with one traffic thread passes 1 GiB up and then 1
 * GiB down, with a declared length and in chunks; its resident memory is sampled throughout. Exits with 1 if it grew by
 * more than 32 MiB compared with a few smaller bodies before: those let V8 grow its young generation to its limit,
 * once, which is printed separately (`worker.resourceLimits.maxYoungGenerationSizeMb` bounds it). Linux only (/proc).
 * `--mib N` changes the size.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createPort } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { end, residentMiB, settled, start } from './processes.ts';

const MAX_GROWTH_MIB = 32;
const CHUNK = Buffer.alloc(64 * 1024, 'sluice');
const START_TIMEOUT_MS = 20_000;

const { values } = parseArgs({ options: { mib: { type: 'string', default: '1024' } } });
const bytes = Number(values.mib) * 2 ** 20;

/** Reads the body and returns its length, and answers `GET /length/N` and `GET /chunked/N` with N bytes. */
const backend = createServer((incoming, response) => {
  let received = 0;
  incoming.on('data', (chunk: Buffer) => (received += chunk.length));
  incoming.on('end', () => {
    if (incoming.method === 'POST') {
      response.end(String(received));
      return;
    }
    const [, how, size] = incoming.url!.split('/');
    if (how === 'length') response.setHeader('content-length', Number(size));
    writeBody(response, Number(size));
  });
});
backend.listen(0, '127.0.0.1');
await once(backend, 'listening');

const folder = mkdtempSync(join(tmpdir(), 'sluice-memory-'));
const port = await freePort();
const adminPort = await freePort();
writeFileSync(
  join(folder, 'sluice.yaml'),
  `server: { host: 127.0.0.1, port: ${port}, threads: 1 }
admin: { host: 127.0.0.1, port: ${adminPort} }
health_check: { enabled: false }
pools: { default: { backends: [{ url: "http://127.0.0.1:${(backend.address() as AddressInfo).port}" }] } }
`,
);
const bin = fileURLToPath(new URL('../bin/sluice.js', import.meta.url));
const words = ['--config', join(folder, 'sluice.yaml'), '--data-dir', join(folder, 'data')];
const WARM_UP_BYTES = 64 * 2 ** 20;
const WAYS: readonly { readonly name: string; run(size: number): Promise<void> }[] = [
  { name: 'up, declared', run: (size) => upload({ 'content-length': size }, size) },
  { name: 'up, chunked', run: (size) => upload({}, size) },
  { name: 'down, declared', run: (size) => download(`/length/${size}`, size) },
  { name: 'down, chunked', run: (size) => download(`/chunked/${size}`, size) },
];
const gateway = start('sluice', [process.execPath, bin, ...words], undefined);
let hasFailed = false;
try {
  await untilUp();
  await settled(gateway.pid);
  const idle = residentMiB(gateway.pid);
  for (const { run } of WAYS) await run(WARM_UP_BYTES);
  await wait(1000);
  console.log(`idle ${idle.toFixed(0)} MiB, after 64 MiB each way ${residentMiB(gateway.pid).toFixed(0)} MiB`);
  for (const { name, run } of WAYS) {
    const before = residentMiB(gateway.pid);
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, residentMiB(gateway.pid))), 50);
    const startMs = performance.now();
    await run(bytes);
    clearInterval(watch);
    const seconds = (performance.now() - startMs) / 1000;
    const growth = peak - before;
    if (growth > MAX_GROWTH_MIB) hasFailed = true;
    console.log(
      `${name.padEnd(15)} ${Math.round(bytes / 2 ** 20 / seconds)} MiB/s, resident ${before.toFixed(0)} MiB before, ` +
        `${peak.toFixed(0)} at most: ${growth >= 0 ? '+' : ''}${growth.toFixed(1)} MiB`,
    );
  }
} finally {
  await end(gateway);
  backend.closeAllConnections();
  backend.close();
  rmSync(folder, { recursive: true, force: true });
}
if (hasFailed) {
  console.error(`It grew by more than ${MAX_GROWTH_MIB} MiB.`);
  process.exitCode = 1;
}

async function upload(headers: Record<string, number>, size: number): Promise<void> {
  const outgoing = request(`http://127.0.0.1:${port}/`, { method: 'POST', headers, agent: false });
  const answered = once(outgoing, 'response');
  writeBody(outgoing, size);
  const [response] = (await answered) as [NodeJS.ReadableStream];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  if (text !== String(size)) throw new Error(`${text} of ${size} bytes arrived`);
}

async function download(path: string, size: number): Promise<void> {
  const [response] = (await once(get(`http://127.0.0.1:${port}${path}`, { agent: false }), 'response')) as [
    NodeJS.ReadableStream,
  ];
  let received = 0;
  for await (const chunk of response) received += (chunk as Buffer).length;
  if (received !== size) throw new Error(`${received} of ${size} bytes arrived`);
}

/** As fast as it is taken. */
function writeBody(into: NodeJS.WritableStream, size: number): void {
  let sent = 0;
  const more = (): void => {
    while (sent < size) {
      const part = size - sent < CHUNK.length ? CHUNK.subarray(0, size - sent) : CHUNK;
      sent += part.length;
      if (!into.write(part)) return void into.once('drain', more);
    }
    into.end();
  };
  more();
}

async function untilUp(): Promise<void> {
  const endMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' }).catch(() => undefined);
    if (response?.ok === true) return;
    if (performance.now() > endMs || gateway.hasExited()) throw new Error(`no gateway: ${gateway.output()}`);
    await wait(100);
  }
}

async function freePort(): Promise<number> {
  const server = createPort().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}
