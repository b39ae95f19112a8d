/**
 * Logs when the admin port has no file descriptor for another connection. libuv then closes connections silently, so
 * the last few are refused here, where they can be counted.
 */
import { closeSync, openSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { descriptorOf } from '../../net/socket-descriptor.ts';
import { repeat } from '../../runtime/repeat.ts';

export interface AdminGatePorts {
  /** Connections with a higher descriptor are refused. */
  readonly maxDescriptor: number;
  /** Whether a file can be opened now. Default: asks the system. */
  readonly canOpen?: () => boolean;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

type Admit = (socket: Socket) => void;

const EVERY_MS = 1000;

export class AdminGate {
  readonly #ports: Required<AdminGatePorts>;
  #refused = 0;
  #refusedBefore = 0;
  /** `refused` at the start of the shortage; null: there is none. */
  #shortSince: number | null = null;

  constructor(ports: AdminGatePorts) {
    this.#ports = { canOpen, ...ports };
  }

  /** Connections closed since start, except those that libuv closed when there was no descriptor at all. */
  get refused(): number {
    return this.#refused;
  }

  /** Replaces the server's own listeners, which are called once a connection is admitted. */
  guard(server: Server): void {
    const listeners = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
    server.removeAllListeners('connection');
    const admit: Admit = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
    server.on('connection', (socket: Socket) => {
      if (descriptorOf(socket) <= this.#ports.maxDescriptor) admit(socket);
      else this.#refuse(socket);
    });
  }

  /** @returns stops it. */
  start(): () => Promise<void> {
    return repeat(() => this.round(), EVERY_MS);
  }

  /** Called every second: nothing else reports that there is no descriptor left, or one again. */
  round(): void {
    const isQuiet = this.#refused === this.#refusedBefore;
    this.#refusedBefore = this.#refused;
    if (!this.#ports.canOpen()) this.#short(this.#refused);
    else if (this.#shortSince !== null && isQuiet) {
      const refused = this.#refused - this.#shortSince;
      this.#shortSince = null;
      this.#ports.log.info({ refused }, 'the admin port accepts connections again');
    }
  }

  #refuse(socket: Socket): void {
    const before = this.#refused;
    this.#refused += 1;
    socket.on('error', () => undefined);
    socket.resetAndDestroy();
    this.#short(before);
  }

  #short(refusedBefore: number): void {
    if (this.#shortSince !== null) return;
    this.#shortSince = refusedBefore;
    this.#ports.log.warn(
      { reason: 'file descriptors' },
      'the admin port refuses connections: raise the limit of open files (ulimit -n)',
    );
  }
}

function canOpen(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'EMFILE' && code !== 'ENFILE';
  }
}
