/**
 * Destination of log lines: standard output or standard error, written to without ever blocking on the reader.
 *
 * The kind of descriptor decides how (docs/adr/0022-logging.md): pipes, terminals and devices are opened again in
 * non-blocking mode; sockets are made non-blocking by Node; files are written by one thread of the pool at a time.
 */
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';

/** PIPE_BUF of Linux: up to this size a write to a pipe is atomic, so that lines of several threads do not mix. */
const WHOLE_WRITE_BYTES = 4096;
const FILE_WRITE_BYTES = 262_144;

/** Called with the error's code, or null and the number of bytes written. Perhaps before `write` returns. */
export type OnWritten = (code: string | null, written: number) => void;

export interface LogSink {
  /** Maximum bytes of whole lines per write. */
  readonly maxBytes: number;
  /** `EAGAIN`: not now. The bytes must not change until `done`. */
  write(bytes: Buffer, at: number, length: number, done: OnWritten): void;
  /** For the end of the process. Throws as fs.writeSync does. */
  writeSync(bytes: Buffer, at: number, length: number): number;
}

/** Which thread may write to a file: all threads together may occupy one thread of libuv's pool, not all four. */
class LogTurn {
  readonly #holder: Int32Array;
  readonly #writer: number;

  /** @param writer from 1; 0 is nobody */
  constructor(buffer: SharedArrayBuffer, writer: number) {
    this.#holder = new Int32Array(buffer);
    this.#writer = writer;
  }

  take(): boolean {
    return Atomics.compareExchange(this.#holder, 0, 0, this.#writer) === 0;
  }

  release(): void {
    Atomics.compareExchange(this.#holder, 0, this.#writer, 0);
  }
}

/** How to write to a descriptor, and the descriptor to use. Structured-cloneable: threads share it. */
export interface LogTarget {
  /** `worker`: a traffic thread writes to the stream that its worker has for standard output, which the control thread reads. */
  readonly kind: 'file' | 'non-blocking' | 'worker';
  /** -1: none. */
  readonly fd: number;
  readonly turn: SharedArrayBuffer;
}

/** For lines of traffic threads that the supervisor's `onLogLine` gets. */
export function workerLogTarget(): LogTarget {
  return { kind: 'worker', fd: -1, turn: new SharedArrayBuffer(4) };
}

/** In the main thread: only there does Node set a socket's mode. */
export function openLogTarget(fd: 1 | 2): LogTarget {
  const turn = new SharedArrayBuffer(4);
  const stat = fstatSync(fd);
  if (stat.isFile() || stat.isBlockDevice()) return { kind: 'file', fd, turn };
  const own = openWithoutBlocking(fd);
  if (own !== null) return { kind: 'non-blocking', fd: own, turn };
  if (stat.isCharacterDevice()) return { kind: 'file', fd, turn };
  // Reading the property makes Node open the stream and set O_NONBLOCK, which everybody who shares the socket or pipe
  // then sees.
  void (fd === 1 ? process.stdout : process.stderr).writable;
  return { kind: 'non-blocking', fd, turn };
}

/** The control thread is 1. @param thread index of a traffic thread */
export function logWriter(thread?: number): number {
  return thread === undefined ? 1 : thread + 2;
}

/** A thread that died may have been writing; it will never see the end of that write. */
export function releaseLogTurn({ turn }: LogTarget, writer: number): void {
  new LogTurn(turn, writer).release();
}

/** @param writer of logWriter */
export function logSink({ kind, fd, turn }: LogTarget, writer: number): LogSink {
  if (kind === 'worker') return new WorkerSink();
  return kind === 'file' ? new FileSink(fd, new LogTurn(turn, writer)) : new NonBlockingSink(fd);
}

/**
 * Our own open file description, so that other writers do not find it non-blocking; null: there is no /proc, it is a
 * socket, or this user may not open it (a container's pipe created by root).
 */
function openWithoutBlocking(fd: number): number | null {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}

class NonBlockingSink implements LogSink {
  readonly maxBytes = WHOLE_WRITE_BYTES;
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Buffer, at: number, length: number, done: OnWritten): void {
    let written = 0;
    let code: string | null = null;
    try {
      written = writeSync(this.#fd, bytes, at, length);
    } catch (error) {
      code = codeOf(error);
    }
    done(code, written);
  }

  writeSync(bytes: Buffer, at: number, length: number): number {
    return writeSync(this.#fd, bytes, at, length);
  }
}

class FileSink implements LogSink {
  readonly maxBytes = FILE_WRITE_BYTES;
  readonly #fd: number;
  readonly #turn: LogTurn;

  constructor(fd: number, turn: LogTurn) {
    this.#fd = fd;
    this.#turn = turn;
  }

  write(bytes: Buffer, at: number, length: number, done: OnWritten): void {
    if (!this.#turn.take()) return done('EAGAIN', 0);
    write(this.#fd, bytes, at, length, null, (error, written) => {
      this.#turn.release();
      done(error === null ? null : codeOf(error), written);
    });
  }

  writeSync(bytes: Buffer, at: number, length: number): number {
    return writeSync(this.#fd, bytes, at, length);
  }
}

/** Node passes on a write when the reader wants more, so at most one is on its way. */
class WorkerSink implements LogSink {
  readonly maxBytes = FILE_WRITE_BYTES;

  write(bytes: Buffer, at: number, length: number, done: OnWritten): void {
    process.stdout.write(Buffer.from(bytes.subarray(at, at + length)), (error) => {
      done(error ? codeOf(error) : null, error ? 0 : length);
    });
  }

  writeSync(bytes: Buffer, at: number, length: number): number {
    process.stdout.write(Buffer.from(bytes.subarray(at, at + length)));
    return length;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'EIO';
}
