/** A backend of raw bytes that answers on the test's command. */
import type { Socket } from 'node:net';
import { rawResponse, startRawBackend } from './raw-socket.ts';

export interface HeldBackend {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly string[];
  /** Its peak number of concurrent requests. */
  readonly peak: number;
  /** Requests that wait for their answer. */
  readonly running: number;
  /** Answers the oldest; the body is the requested path. */
  answer(): void;
  /** Resolves when this many requests have arrived in total. */
  asked(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startHeldBackend(): Promise<HeldBackend> {
  const held: { readonly socket: Socket; readonly path: string }[] = [];
  const wake: (() => void)[] = [];
  let peak = 0;
  const backend = await startRawBackend((request, socket) => {
    const asked = { socket, path: request.split(' ')[1]! };
    held.push(asked);
    peak = Math.max(peak, held.length);
    socket.on('close', () => {
      const at = held.indexOf(asked);
      if (at !== -1) held.splice(at, 1);
    });
    for (const resolve of wake.splice(0)) resolve();
  });
  return {
    url: backend.url,
    port: backend.port,
    requests: backend.requests,
    get peak() {
      return peak;
    },
    get running() {
      return held.length;
    },
    answer: () => {
      const { socket, path } = held.shift()!;
      socket.write(rawResponse(path));
    },
    asked: async (count) => {
      while (backend.requests.length < count) await new Promise<void>((resolve) => wake.push(resolve));
    },
    close: () => backend.close(),
  };
}
