/** Backends to try a gateway with: `sluice demo-backends`, and the processes that the demo and chaos start. */
import type { Behaviour } from './behaviour.ts';
import { startSampleBackend, type SampleBackend } from './sample-backend.ts';

export interface SampleBackendsOptions {
  /** 1..100. */
  readonly count: number;
  /** Number of the first, for its name. Default 1. */
  readonly first?: number;
  /** Of the first; the next ones follow. Default 0: any free ones. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Of all. */
  readonly behaviour?: Partial<Behaviour>;
  /** Of some, by number from 1; takes precedence over that of all. */
  readonly each?: ReadonlyMap<number, Partial<Behaviour>>;
  /** For jitter and errors, in 0..1. Default Math.random. */
  readonly random?: () => number;
}

export interface SampleBackends {
  readonly backends: readonly SampleBackend[];
  close(): Promise<void>;
}

export async function startSampleBackends(options: SampleBackendsOptions): Promise<SampleBackends> {
  const { count, first = 1, port = 0, host = '127.0.0.1', behaviour = {}, each, random = Math.random } = options;
  const backends: SampleBackend[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(backends.map((backend) => backend.close()));
  };
  try {
    for (let replica = 1; replica <= count; replica += 1) {
      const own = { ...behaviour, ...each?.get(replica) };
      const at = port === 0 ? 0 : port + replica - 1;
      backends.push(await startSampleBackend({ replica: first + replica - 1, host, port: at, behaviour: own, random }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { backends, close };
}
