/** One request as one plugin sees it: in each hook as a view that has what belongs to the hook. */
import { clientScheme } from '../../http/client-scheme.ts';
import type { Exchange } from '../../routing/exchange.ts';
import type { LiveRoute } from '../../routing/live-snapshot.ts';
import { pathEnd } from '../../routing/request-path.ts';
import type {
  PluginContext,
  PluginDone,
  PluginHeaders,
  PluginRequest,
  PluginResponse,
} from '../../plugin-kit/define-plugin.ts';
import type { PluginInstance } from './plugin-instance.ts';

const REGISTERED = 'id:';

/** What stays from one hook to the next. */
export class PluginCall {
  readonly instance: PluginInstance;
  readonly exchange: Exchange;
  /** It has refused an answer: it does not see the one that is given instead. */
  hasRefused = false;
  #query: URLSearchParams | null = null;
  #state: Map<string, unknown> | null = null;

  constructor(instance: PluginInstance, exchange: Exchange) {
    this.instance = instance;
    this.exchange = exchange;
  }

  get query(): URLSearchParams {
    const { target } = this.exchange;
    this.#query ??= new URLSearchParams(target.slice(pathEnd(target) + 1));
    return this.#query;
  }

  get state(): Map<string, unknown> {
    this.#state ??= new Map();
    return this.#state;
  }
}

abstract class View implements PluginContext {
  readonly #call: PluginCall;

  constructor(call: PluginCall) {
    this.#call = call;
  }

  get id(): string {
    return this.#call.exchange.requestId;
  }

  get method(): string {
    return this.#call.exchange.response.req.method;
  }

  get scheme(): 'http' | 'https' {
    const { response, isPeerTrusted } = this.#call.exchange;
    return clientScheme(response.req, isPeerTrusted) === 'https' ? 'https' : 'http';
  }

  get host(): string {
    return this.#call.exchange.response.req.headers.host ?? '';
  }

  get path(): string {
    const { target } = this.#call.exchange;
    return target.slice(0, pathEnd(target));
  }

  get query(): URLSearchParams {
    return this.#call.query;
  }

  get route(): string {
    return (this.#call.exchange.route as LiveRoute).name;
  }

  get client(): PluginContext['client'] {
    const { clientAddress: address, client } = this.#call.exchange;
    return { address, id: client.startsWith(REGISTERED) ? client.slice(REGISTERED.length) : null };
  }

  get claims(): PluginContext['claims'] {
    return this.#call.exchange.claims;
  }

  get state(): Map<string, unknown> {
    return this.#call.state;
  }
}

export class RequestView extends View implements PluginRequest {
  readonly headers: PluginHeaders;
  readonly answer: PluginRequest['answer'];
  readonly #signal: () => AbortSignal;

  /** @param signal see PluginRequest; made when the plugin asks for it */
  constructor(call: PluginCall, headers: PluginHeaders, signal: () => AbortSignal, answer: PluginRequest['answer']) {
    super(call);
    this.headers = headers;
    this.#signal = signal;
    this.answer = answer;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }
}

export class ResponseView extends View implements PluginResponse {
  readonly headers: PluginHeaders;
  readonly status: number;

  constructor(call: PluginCall, headers: PluginHeaders, status: number) {
    super(call);
    this.headers = headers;
    this.status = status;
  }
}

export class DoneView extends View implements PluginDone {
  readonly status: number;
  readonly durationMs: number;
  readonly isAborted: boolean;
  readonly error: string | null;
  readonly backend: string | null;

  constructor(
    call: PluginCall,
    { status, durationMs, isAborted }: Pick<PluginDone, 'status' | 'durationMs' | 'isAborted'>,
  ) {
    super(call);
    this.status = status;
    this.durationMs = durationMs;
    this.isAborted = isAborted;
    this.error = call.exchange.error;
    this.backend = (call.exchange.backend as { readonly id: string } | null)?.id ?? null;
  }
}
