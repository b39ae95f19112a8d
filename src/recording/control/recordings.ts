/**
 * One recording at a time: the threads record, this collects their lines in a bounded stream, which one caller reads.
 * It ends after its time, at its size, when it is stopped, and when its reader leaves or never comes.
 */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { GatewayError } from '../../errors.ts';
import {
  RECORDING_FORMAT,
  type RecordingEnd,
  type RecordingHead,
  type RecordingLine,
  type RecordingTail,
} from '../core/recording-vocabulary.ts';
import type { RecordedBatch, RecordingSpec } from '../recording-spec.ts';
import type { RecordingControl, RecordingReport, WantedRecording } from '../recordings-port.ts';

export interface RecordingPorts {
  /** Resolves when every thread records this or, if it is null, has sent what it had recorded. */
  readonly change: (recording: RecordingSpec | null) => Promise<void>;
  readonly routes: () => readonly string[];
  /** Names whose values are secret, besides those that look like it. */
  readonly secretNames: () => readonly string[];
  /** The name of this gateway. */
  readonly gateway: () => string;
  readonly nowMs: () => number;
  readonly wallMs: (atMs: number) => number;
  /** Calls back once, unless it is cancelled. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly log: Record<'info' | 'error', (details: object, message: string) => void>;
}

/** For a reader that is slower than the traffic: characters. */
const MAX_WAITING = 0x400000;
/** For the reader to come. */
const UNREAD_MS = 30_000;

interface Recording {
  readonly id: string;
  readonly wanted: WantedRecording;
  readonly startedAt: number;
  readonly lines: Readable;
  recorded: number;
  dropped: number;
  bytes: number;
  ended: RecordingEnd | null;
  ending: Promise<void> | null;
  cancelTime: () => void;
  /** Null: it is read. */
  cancelUnread: (() => void) | null;
}

export class Recordings implements RecordingControl {
  readonly #ports: RecordingPorts;
  #current: Recording | null = null;

  constructor(ports: RecordingPorts) {
    this.#ports = ports;
  }

  list(): readonly RecordingReport[] {
    return this.#current === null ? [] : [reportOf(this.#current)];
  }

  async start(wanted: WantedRecording): Promise<RecordingReport> {
    const { route, sample, bodies, seconds } = wanted;
    const { routes, nowMs, wallMs, secretNames, change, log, after } = this.#ports;
    if (route !== null && !routes().includes(route)) {
      const message = `must be a route of the configuration, found '${route}'; allowed: ${routes().join(', ')}`;
      throw new GatewayError('GW_VALIDATION', { details: [{ field: 'route', message }] });
    }
    if (this.#current !== null && this.#current.ended === null) throw new GatewayError('GW_RECORDING_EXISTS');
    this.close();
    const startMs = nowMs();
    const id = randomBytes(9).toString('base64url');
    const recording: Recording = {
      id,
      wanted,
      startedAt: wallMs(startMs),
      lines: new Readable({ read: () => {}, encoding: 'utf8' }),
      recorded: 0,
      dropped: 0,
      bytes: 0,
      ended: null,
      ending: null,
      cancelTime: after(seconds * 1000, () => void this.#end(recording, 'time')),
      cancelUnread: after(UNREAD_MS, () => void this.#abandon(recording)),
    };
    this.#current = recording;
    push(recording, this.#headOf(recording));
    await change({ id, route, sample, bodies, startMs, secretNames: secretNames() });
    log.info({ recording: id, route, sample, bodies, seconds }, 'recording started');
    return reportOf(recording);
  }

  read(id: string): Readable {
    const recording = this.#find(id);
    const { cancelUnread, lines } = recording;
    if (cancelUnread === null) throw new GatewayError('GW_RECORDING_EXISTS', { message: 'Somebody else reads it' });
    cancelUnread();
    recording.cancelUnread = null;
    lines.once('close', () => {
      void this.#end(recording, 'disconnected').then(() => this.#leave(recording));
    });
    return lines;
  }

  async stop(id: string): Promise<RecordingReport> {
    const recording = this.#find(id);
    await this.#end(recording, 'stopped');
    return reportOf(recording);
  }

  /** From a traffic thread. */
  add({ recording: id, lines, count, dropped }: RecordedBatch): void {
    const recording = this.#current;
    if (recording === null || recording.id !== id || recording.ended !== null) return;
    const { maxBytes } = recording.wanted;
    recording.dropped += dropped;
    const isFull = recording.lines.readableLength + lines.length > MAX_WAITING || recording.bytes >= maxBytes;
    if (isFull || recording.lines.destroyed) {
      recording.dropped += count;
      return;
    }
    recording.recorded += count;
    recording.bytes += Buffer.byteLength(lines);
    recording.lines.push(lines);
    if (recording.bytes >= maxBytes) void this.#end(recording, 'size');
  }

  /** Lets go of what is recorded: the gateway stops. */
  close(): void {
    if (this.#current === null) return;
    this.#current.cancelTime();
    this.#current.cancelUnread?.();
    this.#current.lines.destroy();
    this.#current = null;
  }

  /** Once. The last lines of the threads are in it. */
  #end(recording: Recording, reason: RecordingEnd): Promise<void> {
    recording.ending ??= this.#endNow(recording, reason);
    return recording.ending;
  }

  async #endNow(recording: Recording, reason: RecordingEnd): Promise<void> {
    const { change, log } = this.#ports;
    recording.cancelTime();
    try {
      await change(null);
    } catch (error) {
      log.error({ err: error, recording: recording.id }, 'recording cannot be ended');
    }
    recording.ended = reason;
    const { id, recorded, dropped, bytes, lines } = recording;
    log.info({ recording: id, reason, recorded, dropped, bytes }, 'recording ended');
    if (lines.destroyed) return;
    const tail: RecordingTail = { type: 'end', reason, recorded, dropped };
    push(recording, tail);
    lines.push(null);
  }

  async #abandon(recording: Recording): Promise<void> {
    await this.#end(recording, 'unread');
    if (recording.cancelUnread === null) return;
    recording.lines.destroy();
    this.#leave(recording);
  }

  #leave(recording: Recording): void {
    if (this.#current === recording) this.#current = null;
  }

  #headOf({ id, wanted: { route, sample, bodies }, startedAt }: Recording): RecordingHead {
    const gateway = this.#ports.gateway();
    const started = new Date(startedAt).toISOString();
    return { type: 'recording', format: RECORDING_FORMAT, id, gateway, started_at: started, route, sample, bodies };
  }

  #find(id: string): Recording {
    if (this.#current?.id !== id) throw new GatewayError('GW_NOT_FOUND');
    return this.#current;
  }
}

function push({ lines }: Recording, line: RecordingLine): void {
  lines.push(`${JSON.stringify(line)}\n`);
}

function reportOf({ id, wanted, startedAt, recorded, dropped, bytes, ended }: Recording): RecordingReport {
  return { id, ...wanted, startedAt, recorded, dropped, bytes, ended };
}
