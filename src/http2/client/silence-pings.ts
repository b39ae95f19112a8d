/**
 * Finds a backend that has vanished without a word while streams are open: after a time of silence it must answer a
 * PING.
 *
 * Servers of gRPC end a connection with `too_many_pings` after the third PING that comes within five minutes of the
 * previous one, unless they have sent something in between. So in one silence there are two at the configured interval,
 * and further ones every five minutes.
 */
export interface PingSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export interface PingedSession {
  readonly streams: number;
  /** All bytes that have arrived. */
  readonly bytesRead: number;
  ping(onAnswer: () => void): void;
  /** A PING was not answered in time. */
  onSilent(): void;
}

const SPARING_MS = 300_000;
const FREE_PINGS = 2;
/** Of a PING frame, its answer. */
const ANSWER_BYTES = 17;

export class SilencePings {
  readonly #settings: PingSettings;
  readonly #session: PingedSession;
  #rounds: NodeJS.Timeout | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #bytes = 0;
  /** Rounds of the current silence, and those of them since the last PING. */
  #silentRounds = 0;
  #sinceLast = 0;

  constructor(settings: PingSettings, session: PingedSession) {
    this.#settings = settings;
    this.#session = session;
  }

  start(): void {
    this.#rounds = setInterval(this.round, this.#settings.intervalMs).unref();
  }

  stop(): void {
    if (this.#rounds !== null) clearInterval(this.#rounds);
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#rounds = null;
    this.#deadline = null;
  }

  /** Called every interval. */
  readonly round = (): void => {
    const { streams, bytesRead } = this.#session;
    if (streams === 0 || bytesRead !== this.#bytes) {
      this.#bytes = bytesRead;
      this.#silentRounds = 0;
      this.#sinceLast = 0;
      return;
    }
    this.#silentRounds += 1;
    this.#sinceLast += 1;
    if (this.#deadline !== null) return;
    if (this.#silentRounds > FREE_PINGS && this.#sinceLast * this.#settings.intervalMs < SPARING_MS) return;
    this.#sinceLast = 0;
    this.#deadline = setTimeout(() => this.#session.onSilent(), this.#settings.timeoutMs).unref();
    this.#session.ping(this.#onAnswer);
  };

  /** The answer itself is not the end of the silence. */
  readonly #onAnswer = (): void => {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = null;
    this.#bytes += ANSWER_BYTES;
  };
}
