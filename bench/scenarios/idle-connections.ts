/** The cost of an idle connection. */
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { everythingOn, sluiceWith } from '../peers.ts';
import { residentMiB } from '../processes.ts';
import { limitFinding, type Scenario } from '../scenario.ts';

const CONNECTIONS = 3500;
/** Until V8 has collected the garbage of the requests, which it does after a while of inactivity. */
const IDLE_MS = 20_000;

export const idleConnections: Scenario = {
  name: 'idle-connections',
  run: async (lab) => {
    // One address may have 1,024 by default.
    const sluice = sluiceWith('Sluice, idle', { ...everythingOn, server: { max_connections_per_ip: 0 } });
    const contestant = await lab.require(sluice);
    // The heap has reached its size by then: further growth is due to the connections.
    await lab.measure(contestant, { seconds: 3, connections: 64 });
    await wait(IDLE_MS);
    const before = residentMiB(contestant.running.pid);
    const { hostname, port } = new URL(contestant.url);
    const sockets: Socket[] = [];
    for (let count = 0; count < CONNECTIONS; count += 100) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => usedOnce(hostname, Number(port))))));
    }
    await wait(IDLE_MS);
    const kib = ((residentMiB(contestant.running.pid) - before) * 1024) / CONNECTIONS;
    for (const socket of sockets) socket.destroy();
    await lab.leave(contestant);
    return [limitFinding('3,500 idle keep-alive connections: memory each', kib, 'KiB', 6, 1)];
  },
};

/** Kept open after one request and its answer. */
function usedOnce(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', reject);
    socket.once('data', () => resolve(socket));
    socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n');
  });
}
