/** Connections that misbehave, to a gateway and from it to its backends. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Draw } from '../draw.ts';
import { play } from './play.ts';
import { script } from './script.ts';

export interface BadBackend {
  readonly url: string;
  /** Connections so far. */
  readonly count: () => number;
  close(): void;
}

/** Each of its connections plays a script of its own. */
export async function startBadBackend(seed: number): Promise<BadBackend> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server: Server = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    void play(socket, script(new Draw(seed + count), 'backend'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export interface Http2Campaign {
  readonly port: number;
  readonly seed: number;
  /** Connections. */
  readonly count: number;
  /** At a time. */
  readonly concurrency: number;
  /** Asked before each connection. */
  readonly isOver?: () => boolean;
}

/** Resolves with the number of connections. */
export async function badClients({ port, seed, count, concurrency, isOver }: Http2Campaign): Promise<number> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count && isOver?.() !== true) {
      const draw = new Draw(seed + next);
      next += 1;
      await play(connect({ host: '127.0.0.1', port }), script(draw, 'client'));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return next;
}
