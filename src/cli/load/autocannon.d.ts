/** The part of autocannon used here; it has no types of its own. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration?: number;
    /** Total requests; takes precedence over `duration`. */
    readonly amount?: number;
    /** It ends at a multiple of this, ms. */
    readonly sampleInt?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly setupClient?: (client: EventEmitter) => void;
  }

  interface Result {
    readonly errors: number;
    readonly timeouts: number;
  }

  interface Run extends EventEmitter {
    stop(): void;
  }

  export default function autocannon(options: Options, done: (error: Error | null, result: Result) => void): Run;
}
