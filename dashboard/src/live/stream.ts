/**
 * The one connection to /ws/metrics: reconnects with back-off, and considers a silent connection broken (a laptop that
 * slept does not notice that its connections are gone).
 */
import type { Frame } from '../api/types.ts';
import { retryDelayMs } from './reconnect-delay.ts';
import type { Link } from './link.ts';

export interface StreamPorts {
  /** Null: none is needed. */
  readonly token: string | null;
  readonly onFrame: (frame: Frame) => void;
  readonly onLink: (link: Link) => void;
  /** A connection failed: the token may be invalid, which a WebSocket does not report. */
  readonly onRefused: () => void;
}

const PROTOCOL = 'sluice.metrics.v1';
const BEARER_PREFIX = 'sluice.bearer.';
/** Without a frame for this long, the connection is considered broken, ms. */
const SILENCE_MS = 5000;

export class MetricsStream {
  readonly #ports: StreamPorts;
  #socket: WebSocket | null = null;
  #failures = 0;
  #timer = 0;
  readonly #wake = (): void => this.retryNow();

  constructor(ports: StreamPorts) {
    this.#ports = ports;
  }

  start(): void {
    window.addEventListener('online', this.#wake);
    document.addEventListener('visibilitychange', this.#wake);
    this.#connect();
  }

  stop(): void {
    window.removeEventListener('online', this.#wake);
    document.removeEventListener('visibilitychange', this.#wake);
    this.#drop();
  }

  #connect(): void {
    this.#drop();
    this.#ports.onLink({ kind: 'connecting' });
    const url = new URL('/ws/metrics', window.location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const { token } = this.#ports;
    const socket = new WebSocket(url, token === null ? [PROTOCOL] : [PROTOCOL, BEARER_PREFIX + base64url(token)]);
    this.#socket = socket;
    let isOpen = false;
    const onData = (): void => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#lost(), SILENCE_MS);
    };
    onData();
    socket.onopen = () => {
      isOpen = true;
      onData();
    };
    socket.onmessage = ({ data }) => {
      onData();
      if (this.#failures > 0 || isOpen) this.#ports.onLink({ kind: 'live' });
      this.#failures = 0;
      this.#ports.onFrame(JSON.parse(String(data)) as Frame);
    };
    socket.onclose = () => {
      if (!isOpen) this.#ports.onRefused();
      this.#lost();
    };
  }

  #lost(): void {
    this.#drop();
    this.#failures += 1;
    const delayMs = retryDelayMs(this.#failures, Math.random());
    this.#ports.onLink({ kind: 'waiting', retryAt: Date.now() + delayMs });
    this.#timer = window.setTimeout(() => this.#connect(), delayMs);
  }

  /** Does nothing while it is connected, or connecting. */
  retryNow(): void {
    if (document.visibilityState === 'visible' && this.#socket === null) this.#connect();
  }

  #drop(): void {
    clearTimeout(this.#timer);
    if (this.#socket === null) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }
}

function base64url(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
