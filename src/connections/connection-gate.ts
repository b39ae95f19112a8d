/**
 * Sits between the listening socket and the HTTP server: refuses connections beyond the limits, and reads the PROXY
 * protocol's header. Costs something per connection, nothing per request.
 *
 * A connection beyond a limit is reset at once and without an answer, as nginx and Envoy do it: a flood must cost less
 * than what it attacks.
 */
import type { Server, Socket } from 'node:net';
import type { ServerSettings } from '../config/settings.ts';
import { anonymousKey, formatAddress, type IpAddress } from '../net/ip-address.ts';
import { peerAddress } from '../http/peer-address.ts';
import { cidrSet, type CidrMap } from '../net/cidr-map.ts';
import type { ProxyVersions } from '../net/core/net-vocabulary.ts';
import { descriptorOf } from '../net/socket-descriptor.ts';
import type { AddressHash, ConnectionTable } from '../runtime/connection-table.ts';
import type { SnapshotHolder } from '../routing/live-snapshot.ts';
import { type MetricsTable, THREAD_COUNTER } from '../runtime/metrics-table.ts';
import type { ClientProof } from '../tls/client-auth.ts';
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
   * Connections with a higher descriptor are refused: those above are reserved for the admin port and for backends.
   * When none at all is left, libuv closes connections silently.
   */
  readonly maxDescriptor: number;
}

type Admit = (socket: Socket) => void;

export class ConnectionGate {
  /** Open connections, with the data that connection-rounds.ts keeps for them. */
  readonly open = new Map<Socket, ConnectionWatch>();
  readonly #ports: ConnectionGatePorts;
  /** Null: those of trust_proxy, which may change. */
  readonly #senders: CidrMap<true> | null;
  /** Connections whose PROXY header has not arrived: the HTTP server does not know them, and so cannot close them. */
  readonly #waiting = new Set<Socket>();
  #isStopped = false;

  /** One for all of its sockets, which it is called on. */
  readonly #onClosed: (this: Socket) => void;

  constructor(ports: ConnectionGatePorts) {
    this.#ports = ports;
    const close = (socket: Socket): void => this.#close(socket);
    this.#onClosed = function onClosed() {
      close(this);
    };
    const { proxyProtocolFrom } = ports.server;
    this.#senders = proxyProtocolFrom.length === 0 ? null : cidrSet(proxyProtocolFrom);
  }

  /** Replaces the server's own listeners, which are called once a connection is admitted. */
  guard(server: Server): void {
    const listeners = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
    server.removeAllListeners('connection');
    const admit: Admit = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
    server.on('connection', (socket: Socket) => this.#onConnection(socket, admit));
  }

  /** The handshake is complete: from now on, the connection is read and written through `secure`. */
  onSecured(raw: Socket, secure: Socket, proof: ClientProof): void {
    secure.sluiceRaw = raw;
    secure.sluiceProof = proof;
    if (raw.sluicePeer !== undefined) secure.sluicePeer = raw.sluicePeer;
    this.open.delete(raw);
    this.open.set(secure, new ConnectionWatch(secure, this.#ports.server));
    secure.on('close', () => {
      this.open.delete(secure);
      this.#reportLevel();
    });
  }

  /** Something else has ended it. @param reason one of a few constants */
  onRefused(socket: Socket, reason: string): void {
    const { thread, metrics, refusals } = this.#ports;
    metrics.count(thread, THREAD_COUNTER.refusedConnections);
    refusals.add(reason, formatAddress(peerAddress(socket)));
  }

  /**
   * Ends connections that have not started yet, now and later: when the server closes, it ends those that it knows, and
   * it would learn of these only when their header has arrived.
   */
  stop(): void {
    this.#isStopped = true;
    for (const socket of this.#waiting) socket.destroy();
  }

  #onConnection(socket: Socket, admit: Admit): void {
    const { thread, server, table, maxDescriptor } = this.#ports;
    if (descriptorOf(socket) > maxDescriptor) return this.#refuse(socket, 'file descriptors');
    if (!table.open(thread, server.maxConnections)) return this.#refuse(socket, 'max_connections');
    this.open.set(socket, new ConnectionWatch(socket, server));
    this.#reportLevel();
    socket.on('close', this.#onClosed);
    if (server.proxyProtocol === 'off') this.#admit(socket, admit);
    else this.#readHeader(socket, server.proxyProtocol, admit);
  }

  #close(socket: Socket): void {
    const { thread, table } = this.#ports;
    this.open.delete(socket);
    table.close(thread);
    if (socket.sluiceCounted !== undefined) table.closeFrom(thread, socket.sluiceCounted);
    this.#reportLevel();
  }

  #readHeader(socket: Socket, versions: ProxyVersions, admit: Admit): void {
    if (this.#isStopped) {
      socket.destroy();
      return;
    }
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
    // A trusted proxy's connections carry many clients.
    const isCounted = server.maxConnectionsPerIp > 0 && !isIn(trustProxy, peer) && !isIn(allowlist, peer);
    if (isCounted) {
      const address = hash(anonymousKey(peer, rateLimit.ipv6Prefix));
      if (!table.openFrom(thread, address, server.maxConnectionsPerIp)) {
        return this.#refuse(socket, 'max_connections_per_ip');
      }
      socket.sluiceCounted = address;
    }
    admit(socket);
  }

  #refuse(socket: Socket, reason: string): void {
    this.onRefused(socket, reason);
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
