/** Frames of /ws/metrics until stopped: reconnects when the connection is lost, with growing delays. */
import { setTimeout as wait } from 'node:timers/promises';
import { BEARER_PROTOCOL_PREFIX, METRICS_PROTOCOL } from '../../admin-access/admin-access.ts';
import type { FrameView } from '../../telemetry/api/frame-view.ts';

export interface StreamOptions {
  /** Of the admin API, `http://…`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly onFrame: (frame: FrameView) => void;
  /** There are no frames now; reconnects after this time. Milliseconds. */
  readonly onTrouble: (why: string, againInMs: number) => void;
}

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 10_000;
/** Frames arrive every interval, heartbeats every 5 s: a longer silence means the connection is lost, ms. */
const SILENCE_MS = 15_000;

/** Resolves when the signal ends it. */
export async function followMetrics(options: StreamOptions): Promise<void> {
  const { signal, onTrouble, onFrame } = options;
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const why = await connection({
      ...options,
      onFrame: (frame) => {
        waitMs = FIRST_WAIT_MS;
        onFrame(frame);
      },
    });
    if (signal.aborted) return;
    onTrouble(why, waitMs);
    await wait(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(2 * waitMs, MAX_WAIT_MS);
  }
}

/** One connection, to its end; resolves with why it ended. */
function connection({ url, token, intervalMs, signal, onFrame }: StreamOptions): Promise<string> {
  const address = `${url.replace(/^http/, 'ws')}/ws/metrics?interval_s=${intervalMs / 1000}`;
  const protocols = [METRICS_PROTOCOL];
  if (token !== undefined && token !== '')
    protocols.push(BEARER_PROTOCOL_PREFIX + Buffer.from(token).toString('base64url'));
  return new Promise((resolve) => {
    const socket = new WebSocket(address, protocols);
    let reason = 'connection lost';
    let hasOpened = false;
    const silent = setTimeout(() => end('the gateway is silent'), Math.max(SILENCE_MS, 3 * intervalMs));
    const end = (why: string): void => {
      reason = why;
      clearTimeout(silent);
      signal.removeEventListener('abort', onAbort);
      socket.close();
      resolve(reason);
    };
    const onAbort = (): void => end('stopped');
    signal.addEventListener('abort', onAbort);
    socket.addEventListener('open', () => (hasOpened = true));
    socket.addEventListener('message', ({ data }) => {
      silent.refresh();
      const message = JSON.parse(String(data)) as { type: string };
      if (message.type === 'snapshot' || message.type === 'frame') onFrame(message as FrameView);
    });
    // The WebSocket API does not report what was wrong with the handshake.
    socket.addEventListener('error', () => end(hasOpened ? 'connection lost' : 'cannot connect'));
    socket.addEventListener('close', ({ reason: serverReason }) => end(serverReason || reason));
  });
}
