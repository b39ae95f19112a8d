/** Plays a script on a connection. */
import type { Socket } from 'node:net';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { Script } from './script.ts';

const HEAR_MS = 15;
/** A connection that stays is closed by the other side, or after this time. */
const STAY_MS = 40;
/** Nothing ends before the other side has taken part, within this time: it may be slow. */
const GREETING_MS = 2000;

/** Resolves when the connection is closed. */
export async function play(socket: Socket, { steps, ending }: Script): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  socket.resume();
  for (const step of steps) {
    if (socket.destroyed) break;
    switch (step.is) {
      case 'send':
        socket.write(step.bytes);
        break;
      case 'turns':
        for (let count = step.count; count > 0; count -= 1) await turn();
        break;
      case 'wait':
        await wait(step.ms);
        break;
      case 'hear':
        await heard(socket, socket.bytesRead, HEAR_MS);
        break;
      case 'stopReading':
        socket.pause();
    }
  }
  await heard(socket, 0, GREETING_MS);
  if (!socket.destroyed) {
    if (ending === 'reset') socket.resetAndDestroy();
    else if (ending === 'end') socket.end();
    else if (ending === 'stay') await Promise.race([closed, wait(STAY_MS)]);
    if (ending === 'end') await Promise.race([closed, wait(STAY_MS)]);
    socket.destroy();
  }
  await closed;
}

/** Until more than so many bytes have arrived. */
async function heard(socket: Socket, bytes: number, withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!socket.destroyed && socket.bytesRead <= bytes && performance.now() < untilMs) await wait(1);
}
