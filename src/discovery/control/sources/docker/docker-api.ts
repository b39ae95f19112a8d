/**
 * The Docker Engine API, as far as discovery needs it: reads only. Paths have no version, so that any daemon answers
 * in its own.
 */
import type { LookupFunction } from 'node:net';
import { getText, openRequest, requestReason, type Target } from '../get-text.ts';
import { readContainers, type Container } from './container.ts';

/** Of the stream of events. */
export interface DockerEvent {
  /** `start`, `die`, `health_status: healthy` … */
  readonly action: string;
  /** Of the container; of a network, when a container was connected. */
  readonly id: string;
  /** With `kill`: the number of the signal. */
  readonly signal: string | null;
}

export interface EventHandlers {
  /** From now on, no event is missed. */
  readonly onOpen: () => void;
  readonly onEvent: (event: DockerEvent) => void;
  /** The last call. */
  readonly onEnd: (reason: string) => void;
}

export interface DockerApi {
  /** All containers, also those that have stopped. Rejects with a reason for operators. */
  readonly list: (signal: AbortSignal) => Promise<readonly Container[]>;
  /** The signal that asks it to stop: `SIGTERM`, `SIGQUIT`, `15` … */
  readonly stopSignal: (id: string, signal: AbortSignal) => Promise<string>;
  /** @returns closes the stream: no handler is called any more */
  readonly events: (handlers: EventHandlers) => () => void;
}

const TIMEOUT_MS = 10_000;
/** A container with its labels takes about 2 KiB. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_LINE_BYTES = 1024 * 1024;
/** A dead peer is noticed sooner than at the next list. */
const KEEP_ALIVE_MS = 30_000;

const CONTAINER_EVENTS = ['start', 'kill', 'die', 'stop', 'destroy', 'pause', 'unpause', 'rename', 'health_status'];
const NETWORK_EVENTS = ['connect', 'disconnect'];
const FILTERS = {
  type: ['container', 'network'],
  event: [...CONTAINER_EVENTS, ...NETWORK_EVENTS],
};

/** @param endpoint `unix://PATH` or `http://HOST:PORT` */
export function createDockerApi(endpoint: string, lookup: LookupFunction): DockerApi {
  const socketPath = endpoint.startsWith('unix://') ? endpoint.slice('unix://'.length) : undefined;
  const target = (path: string): Target => ({
    url: new URL(path, socketPath === undefined ? endpoint : 'http://docker'),
    ...(socketPath === undefined ? { lookup } : { socketPath }),
  });
  const read = async (path: string, signal: AbortSignal): Promise<string> => {
    const { status, text } = await getText(target(path), { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, signal });
    if (status === 200) return text;
    throw new Error(`it answered ${status} to ${path.replace(/\?.*/, '')}`);
  };
  return {
    list: async (signal) => readContainers(await read('/containers/json?all=1', signal)),
    stopSignal: async (id, signal) => stopSignalIn(await read(`/containers/${encodeURIComponent(id)}/json`, signal)),
    events: (handlers) =>
      watchEvents(target(`/events?filters=${encodeURIComponent(JSON.stringify(FILTERS))}`), handlers),
  };
}

function stopSignalIn(text: string): string {
  const { Config } = JSON.parse(text) as { Config?: { StopSignal?: unknown } };
  const signal = Config?.StopSignal;
  return typeof signal === 'string' && signal !== '' ? signal : 'SIGTERM';
}

/** Lines of JSON, until the connection ends. */
function watchEvents(target: Target, { onOpen, onEvent, onEnd }: EventHandlers): () => void {
  let isOver = false;
  const request = openRequest(target);
  const timer = setTimeout(() => end(`no answer to /events within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
  function close(): void {
    isOver = true;
    clearTimeout(timer);
    request.destroy();
  }
  function end(reason: string): void {
    if (isOver) return;
    close();
    onEnd(reason);
  }
  request.on('error', (error) => end(requestReason(error)));
  request.once('upgrade', () => end('it answered 101 to /events'));
  request.on('socket', (socket) => void socket.setKeepAlive(true, KEEP_ALIVE_MS));
  request.once('response', (response) => {
    clearTimeout(timer);
    if (isOver) return;
    if (response.statusCode !== 200) return end(`it answered ${response.statusCode} to /events`);
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const event = readEvent(line);
        if (event === undefined) return end('its stream of events is not JSON');
        if (event !== null && !isOver) onEvent(event);
      }
      if (rest.length > MAX_LINE_BYTES) end(`an event is larger than ${MAX_LINE_BYTES} bytes`);
    });
    response.on('error', () => end('its stream of events was cut off'));
    response.once('end', () => end('it ended the stream of events'));
    onOpen();
  });
  request.end();
  return close;
}

/** Null: an empty line, or an event of another kind. Undefined: no event at all. */
function readEvent(line: string): DockerEvent | null | undefined {
  if (line.trim() === '') return null;
  let value: { Action?: unknown; Actor?: { ID?: unknown; Attributes?: { signal?: unknown } | null } } | null;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    return undefined;
  }
  const { Action: action, Actor: actor } = value ?? {};
  if (typeof action !== 'string' || typeof actor?.ID !== 'string') return null;
  const signal = actor.Attributes?.signal;
  return { action, id: actor.ID, signal: typeof signal === 'string' ? signal : null };
}
