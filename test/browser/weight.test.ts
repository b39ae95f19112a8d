/** The cost of the page: bytes, time to the first data, memory over an hour of frames, duration of its tasks. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { launchBrowser, skip } from '../support/browser.ts';
import { openPage } from '../support/chromium.ts';
import { openConsole, reads, sharedConsole, startConsole } from '../support/console.ts';
import { live } from '../support/dashboard.ts';
import { startLoad } from '../support/load.ts';

/** Frames so frequent that six of them are seen soon. */
const frames = 'metrics: { interval: 250ms }\n';
const shared = sharedConsole({ yaml: frames });

const MAX_SCRIPT_BYTES = 150 * 1024;
const MAX_LOAD_MS = 1000;
const MAX_TASK_MS = 50;

test(
  'the first load brings at most 150 KiB of script, compressed, and a second of the page’s thread',
  { skip },
  async (t) => {
    const { gateway } = await shared();
    const { page } = await openPage(await launchBrowser(t));
    const scripts = new Map<string, number>();
    page.on('response', (response) => {
      if (!response.url().endsWith('.js')) return;
      void response.body().then((body) => scripts.set(response.url(), gzipSync(body).length));
    });
    await page.goto(gateway.adminUrl);
    await live(page);
    const bytes = [...scripts.values()].reduce((sum, size) => sum + size, 0);
    t.diagnostic(`${(bytes / 1024).toFixed(1)} KiB in ${scripts.size} files`);
    assert.ok(bytes > 0 && bytes <= MAX_SCRIPT_BYTES, `${bytes} bytes`);

    // CPU time until the first data: a busy machine does not count against the page.
    const again = await openPage(await launchBrowser(t));
    const cdp = await again.page.context().newCDPSession(again.page);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    await again.page.goto(gateway.adminUrl);
    await live(again.page);
    const { metrics } = await cdp.send('Performance.getMetrics');
    const loadMs = 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
    t.diagnostic(`figures after ${loadMs.toFixed(0)} ms of its thread`);
    assert.ok(loadMs > 0 && loadMs <= MAX_LOAD_MS, `${loadMs} ms`);
  },
);

test('an hour of frames leaves nothing behind', { skip, timeout: 300_000 }, async (t) => {
  const { gateway } = await shared();
  const { page } = await openPage(await launchBrowser(t));
  // The gateway's own first frame, then an hour of frames like it as fast as the page takes them.
  let send: ((message: string) => void) | undefined;
  let frame: { at: string; type: string; backends: object[] } | undefined;
  await page.routeWebSocket('**/ws/metrics', (socket) => {
    send = (message) => socket.send(message);
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (frame === undefined) socket.send(message);
      frame ??= JSON.parse(String(message));
    });
  });
  await page.goto(gateway.adminUrl);
  await live(page);
  const cdp = await page.context().newCDPSession(page);
  const start = Date.parse(frame!.at);
  const feed = async (from: number, to: number): Promise<void> => {
    for (let second = from; second < to; second += 1) {
      const total = { ...(frame as unknown as { total: object }).total, requests_total: second, in_flight: second % 7 };
      send!(JSON.stringify({ ...frame, type: 'frame', at: new Date(start + second * 1000).toISOString(), total }));
      // Drawn before the next is sent: memory that is retained belongs to a frame that was seen.
      if (second % 20 === 0) await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => drawn()))');
    }
  };
  await feed(1, 300);
  const before = await heapBytes(cdp);
  await feed(300, 2000);
  await page.getByRole('link', { name: 'Backends', exact: true }).click();
  await feed(2000, 3900);
  await page.getByRole('link', { name: 'Overview' }).click();
  const after = await heapBytes(cdp);
  t.diagnostic(`${(before / 2 ** 20).toFixed(2)} MiB, an hour later ${(after / 2 ** 20).toFixed(2)} MiB`);
  assert.ok(after - before < 1.5 * 2 ** 20, `${after - before} bytes more`);
});

test(
  'with 100 backends under load no task of the page takes more than 50 ms',
  { skip, timeout: 300_000 },
  async (t) => {
    const { gateway } = await startConsole(t, {
      backends: 100,
      yaml: `${frames}rate_limit: { default: { capacity: 1000000, rate_per_second: 100000 } }\n`,
    });
    const load = startLoad(`${gateway.trafficUrl}/echo`, { connections: 4, pauseMs: 10 });
    t.after(() => load.stop());
    const browser = await launchBrowser(t);
    const { page } = await openPage(browser);
    for (const view of ['/', '/ui/backends', '/ui/limits', '/ui/routes']) {
      await page.goto(gateway.adminUrl + view);
      await reads(page, 'main', /b100|b9\d|All 100/);
      // Threads that share a core have fewer cycles in a millisecond: the best of a few readings is the page's own.
      let longest = Infinity;
      for (let reading = 0; reading < 4 && longest > MAX_TASK_MS; reading += 1) {
        longest = Math.min(longest, await maxTaskMs(browser, page));
      }
      t.diagnostic(`${view}: ${longest.toFixed(1)} ms`);
      assert.ok(longest <= MAX_TASK_MS, `${view}: ${longest} ms`);
    }
  },
);

test(
  '10,000 clients are shown in pages of 25, however fast the search is typed',
  { skip, timeout: 300_000 },
  async (t) => {
    const { gateway } = await shared();
    const browser = await launchBrowser(t);
    const { page } = await openConsole(t, gateway.adminUrl);
    const client = {
      id: 'app',
      key: 'app',
      name: null,
      capacity: 5,
      rate_per_second: 1,
      enabled: true,
      has_api_key: false,
    };
    const at = new Date().toISOString();
    await page.route(/\/v1\/api\/clients\?/, async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit'))];
      const json = Array.from({ length: limit }, (_, index) => {
        const key = `app-${offset + index}`;
        return { ...client, id: key, key, client_id: key, created_at: at, updated_at: at, version: 1 };
      });
      await route.fulfill({ json, headers: { 'x-total-count': '10000' } });
    });
    await page.goto(`${gateway.adminUrl}/ui/clients`);
    await reads(page, 'main', '1–25 of 10,000');
    const longest = await maxTaskMs(page.context().browser() ?? browser, page, async () => {
      await page.getByRole('searchbox').pressSequentially('app-1234');
      await page.getByRole('button', { name: 'Next' }).click();
      await reads(page, 'main', '26–50 of 10,000');
    });
    t.diagnostic(`${longest.toFixed(1)} ms`);
    assert.ok(longest <= MAX_TASK_MS, `${longest} ms`);
  },
);

async function heapBytes(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.enable');
  for (let round = 0; round < 3; round += 1) await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return usedSize;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** CPU time of the thread, µs: a busy machine does not count against the page. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The longest task of the page's main thread over six frames, CPU time. */
async function maxTaskMs(browser: Browser, page: Page, act?: () => Promise<void>): Promise<number> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await act?.();
  await framesSeen(page, 6);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const isMain = (event: TraceEvent): boolean => event.name === 'thread_name' && event.args?.name === 'CrRendererMain';
  const threads = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter(({ ph, pid, tid }) => ph === 'X' && threads.has(`${pid} ${tid}`));
  assert.ok(tasks.length > 0, 'the trace has no task of the page');
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

async function framesSeen(page: Page, count: number): Promise<void> {
  const socket = page.waitForEvent('console', {
    predicate: (message) => message.text() === 'frames seen',
    timeout: 30_000,
  });
  // A stream of its own next to the page's: six of its frames are six of the page's.
  await page.evaluate(`(() => {
    const stream = new WebSocket('/ws/metrics', ['sluice.metrics.v1']);
    let seen = 0;
    stream.onmessage = () => { if (++seen === ${count}) { stream.close(); console.log('frames seen'); } };
  })()`);
  await socket;
}
