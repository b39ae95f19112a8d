/**
 * Records some requests of a traffic thread. Lines wait in a bounded queue and are sent in batches, one at a time: if
 * the control thread falls behind, requests are left out and counted, and traffic never waits.
 */
import { SecretNames } from '../core/secret-names.ts';
import type { RecordedBatch, RecordingSpec } from '../recording-spec.ts';

export interface RecorderPorts {
  readonly post: (batch: RecordedBatch) => void;
  readonly random: () => number;
  /** Calls back once, after some time. */
  readonly later: (callback: () => void) => void;
}

export interface ActiveRecording extends RecordingSpec {
  readonly secrets: SecretNames;
}

/** Characters. */
const MAX_WAITING = 0x100000;
const BATCH = 0x10000;

export class Recorder {
  /** Null: nothing is recorded, and this test is all that a request pays. */
  active: ActiveRecording | null = null;
  readonly #ports: RecorderPorts;
  #lines: string[] = [];
  #waiting = 0;
  #dropped = 0;
  /** The control thread has not taken the last batch yet. */
  #isInFlight = false;
  #isPlanned = false;

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
  }

  start(spec: RecordingSpec): void {
    this.#reset();
    this.active = { ...spec, secrets: new SecretNames(spec.secretNames) };
  }

  /** Sends what is left; requests that have not ended are not recorded. */
  stop(): void {
    if (this.active !== null) this.#send(this.active.id);
    this.active = null;
    this.#reset();
  }

  /** Null: it is not one of those. */
  chooses(route: string): ActiveRecording | null {
    const { active } = this;
    if (active === null || (active.route !== null && active.route !== route)) return null;
    return active.sample >= 1 || this.#ports.random() < active.sample ? active : null;
  }

  /** Ignored if its recording is over. */
  add(recording: ActiveRecording, line: () => string): void {
    if (recording !== this.active) return;
    if (this.#waiting >= MAX_WAITING) {
      this.#dropped += 1;
      return;
    }
    const text = line();
    this.#lines.push(text);
    this.#waiting += text.length;
    if (this.#isInFlight) return;
    if (this.#waiting >= BATCH) this.#send(recording.id);
    else this.#plan(recording);
  }

  /** The control thread has taken the last batch. */
  taken(): void {
    this.#isInFlight = false;
    if (this.active !== null && this.#lines.length > 0) this.#send(this.active.id);
  }

  #plan(recording: ActiveRecording): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#ports.later(() => {
      this.#isPlanned = false;
      if (recording === this.active && !this.#isInFlight) this.#send(recording.id);
    });
  }

  #send(recording: string): void {
    if (this.#lines.length === 0 && this.#dropped === 0) return;
    this.#isInFlight = true;
    const batch = { recording, lines: this.#lines.join(''), count: this.#lines.length, dropped: this.#dropped };
    this.#lines = [];
    this.#waiting = 0;
    this.#dropped = 0;
    this.#ports.post(batch);
  }

  #reset(): void {
    this.#lines = [];
    this.#waiting = 0;
    this.#dropped = 0;
    this.#isInFlight = false;
  }
}
