/**
 * Stands between the listening socket and the HTTP server: refuses connections beyond the limits, and reads the PROXY
 * protocol's header. Costs something once a connection, nothing for a request.
 *
 * A connection beyond a limit is reset at once and without an answer, as nginx and Envoy do it: a flood must cost less
 * than what it attacks.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerSettings } from '../config/settings.ts';
import { anonymousKey, formatAddress, type IpAddress } from '../net/ip-address.ts';
import { peerAddress } from '../http/peer-address.ts';
import { cidrSet, type CidrMap } from '../net/cidr-map.ts';
import type { ProxyVersions } from '../net/proxy-protocol.ts';
import { descriptorOf } from '../net/socket-descriptor.ts';
import type { AddressHash, ConnectionTable } from '../runtime/connection-table.ts';
import type { SnapshotHolder } from '../routing/live-snapshot.ts';
import { type MetricsTable, THREAD_COUNTER } from '../runtime/metrics-table.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { readProxyHeader } from './read-proxy-header.ts';
import type { RefusalLog } from './refusal-log.ts';

export interface ConnectionGatePorts {
  readonly thread: number;
  readonly server: ServerSettings;
  readonly live: SnapshotHolder;
  readonly table: ConnectionTable;
  readonly metrics: MetricsTable;
  readonly hash: (key: string) => AddressHash;
  readonly refusals: RefusalLog;
  /**
   * Connections with a higher descriptor are refused: what is above is kept for the admin port and for backends. When
   * none at all is left, libuv closes connections without telling anybody.
   */
  readonly maxDescriptor: number;
}

type Admit = (socket: Socket) => void;

export class ConnectionGate {
  /** What is open, and what the round of connection-rounds.ts knows of it. */
  readonly open = new Map<Socket, ConnectionWatch>();
  readonly #ports: ConnectionGatePorts;
  /** Null: those of trust_proxy, which may change. */
  readonly #senders: CidrMap<true> | null;
  /** Still to show their PROXY header: the HTTP server does not know them, and so cannot close them. */
  readonly #waiting = new Set<Socket>();

  constructor(ports: ConnectionGatePorts) {
    this.#ports = ports;
    const { proxyProtocolFrom } = ports.server;
    this.#senders = proxyProtocolFrom.length === 0 ? null : cidrSet(proxyProtocolFrom);
  }

  /** Takes the place of the server's own listeners, which hear of a connection when it is let in. */
  guard(server: Server): void {
    const listeners = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
    server.removeAllListeners('connection');
    const admit: Admit = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
    server.on('connection', (socket: Socket) => this.#onConnection(socket, admit));
  }

  /** Ends what has not begun yet. */
  stop(): void {
    for (const socket of this.#waiting) socket.destroy();
  }

  #onConnection(socket: Socket, admit: Admit): void {
    const { thread, server, table, maxDescriptor } = this.#ports;
    if (descriptorOf(socket) > maxDescriptor) return this.#refuse(socket, 'file descriptors');
    if (!table.open(thread, server.maxConnections)) return this.#refuse(socket, 'max_connections');
    this.open.set(socket, new ConnectionWatch(socket, server));
    this.#reportLevel();
    socket.on('close', () => {
      this.open.delete(socket);
      table.close(thread);
      this.#reportLevel();
    });
    if (server.proxyProtocol === 'off') this.#admit(socket, admit);
    else this.#readHeader(socket, server.proxyProtocol, admit);
  }

  #readHeader(socket: Socket, versions: ProxyVersions, admit: Admit): void {
    const senders = this.#senders ?? this.#ports.live.current.trustProxy;
    if (senders.find(peerAddress(socket)) !== true) return this.#refuse(socket, 'proxy_protocol: not a known sender');
    const onError = (): void => undefined;
    socket.on('error', onError);
    this.#waiting.add(socket);
    readProxyHeader(socket, versions, this.#ports.server.headTimeoutMs, {
      onHeader: (source) => {
        this.#waiting.delete(socket);
        socket.off('error', onError);
        if (source !== null) socket.sluicePeer = source;
        this.#admit(socket, admit);
      },
      onRefused: (why) => {
        this.#waiting.delete(socket);
        this.#refuse(socket, `proxy_protocol: ${why}`);
      },
    });
  }

  #admit(socket: Socket, admit: Admit): void {
    const { thread, server, table, live, hash } = this.#ports;
    const { trustProxy, allowlist, rateLimit } = live.current;
    const peer = peerAddress(socket);
    // A trusted proxy's connections are those of many clients.
    const isCounted = server.maxConnectionsPerIp > 0 && !isIn(trustProxy, peer) && !isIn(allowlist, peer);
    if (isCounted) {
      const address = hash(anonymousKey(peer, rateLimit.ipv6Prefix));
      if (!table.openFrom(thread, address, server.maxConnectionsPerIp)) {
        return this.#refuse(socket, 'max_connections_per_ip');
      }
      socket.on('close', () => table.closeFrom(thread, address));
    }
    admit(socket);
  }

  #refuse(socket: Socket, reason: string): void {
    const { thread, metrics, refusals } = this.#ports;
    metrics.count(thread, THREAD_COUNTER.refusedConnections);
    refusals.add(reason, formatAddress(peerAddress(socket)));
    socket.on('error', () => undefined);
    socket.resetAndDestroy();
  }

  #reportLevel(): void {
    this.#ports.metrics.setLevel(this.#ports.thread, THREAD_COUNTER.connections, this.open.size);
  }
}

function isIn(blocks: CidrMap<true>, address: IpAddress): boolean {
  return blocks.find(address) === true;
}
