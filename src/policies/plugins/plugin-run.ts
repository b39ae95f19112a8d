/** The plugins of a route, on one request: from the first hook to the end of the answer. */
import { GatewayError } from '../../errors.ts';
import type { Exchange, ExchangeEnd, RunningPlugins } from '../../routing/exchange.ts';
import type { ForeseenPlugin, RoutePlugins, StageOutcome } from '../../routing/route-policies.ts';
import type { PluginHook } from '../../plugin-kit/core/plugin-kit-vocabulary.ts';
import type { PluginRequest } from '../../plugin-kit/define-plugin.ts';
import { AnswerHeaders, HookHeaders, RequestHeaders } from './plugin-headers.ts';
import { pluginAnswer } from './plugin-answer.ts';
import { DoneView, PluginCall, RequestView, ResponseView } from './plugin-call.ts';
import type { PluginInstance } from './plugin-instance.ts';

/** What a route has: its plugins in order. */
export class PluginChain implements RoutePlugins {
  readonly #instances: readonly PluginInstance[];

  constructor(instances: readonly PluginInstance[]) {
    this.#instances = instances;
  }

  foresee(): readonly ForeseenPlugin[] {
    return this.#instances.map(({ settings: { name, onError }, hooks, isWorking }) => {
      const effect = hooks.request === undefined ? 'watches' : 'answers';
      return { name, effect: isWorking ? effect : 'fails', isSkipped: onError === 'skip' };
    });
  }

  start(exchange: Exchange, next: (outcome: StageOutcome) => void): void {
    const run = new PluginRun(this.#instances, exchange);
    exchange.plugins = run;
    run.start(next);
  }
}

class PluginRun implements RunningPlugins {
  readonly #exchange: Exchange;
  readonly #calls: readonly PluginCall[];
  readonly #headers: RequestHeaders;
  #answer: StageOutcome = null;
  #next: ((outcome: StageOutcome) => void) | null = null;
  #abort: AbortController | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(instances: readonly PluginInstance[], exchange: Exchange) {
    this.#exchange = exchange;
    this.#headers = new RequestHeaders(exchange.response.req.headers);
    this.#calls = instances.map((instance) => {
      instance.hold();
      return new PluginCall(instance, exchange);
    });
    exchange.afterClose = (end) => this.#end(end);
  }

  start(next: (outcome: StageOutcome) => void): void {
    this.#next = next;
    this.#from(0);
  }

  changeRequest(fields: string[]): void {
    this.#headers.applyTo(fields);
  }

  changeAnswer(fields: string[], status: number, isOwn: boolean): void {
    for (const call of this.#calls) {
      const { instance } = call;
      const { response } = instance.hooks;
      if (response === undefined || call.hasRefused) continue;
      const headers = new HookHeaders(new AnswerHeaders(fields), () => instance.late('response'));
      try {
        const result: unknown = instance.run('response', () => response(new ResponseView(call, headers, status)));
        watchLate(result, instance, 'response');
      } catch (error) {
        instance.failed('response', error);
        if (instance.settings.onError === 'deny' && !isOwn) {
          call.hasRefused = true;
          throw failure(error);
        }
      } finally {
        headers.isOver = true;
      }
    }
  }

  /** The request hooks from this one on, until one of them answers, fails or waits. */
  #from(first: number): void {
    for (let at = first; at < this.#calls.length; at += 1) {
      const call = this.#calls[at]!;
      const { instance } = call;
      const { request } = instance.hooks;
      if (request === undefined) continue;
      const onLate = (): void => {
        // Without a client, nothing is missed.
        if (!this.#exchange.isClosed) instance.late('request');
      };
      const headers = new HookHeaders(this.#headers, onLate);
      let result: unknown;
      try {
        const answer: PluginRequest['answer'] = (...given) => {
          if (headers.isOver) onLate();
          else this.#answerWith(...given);
        };
        result = instance.run('request', () => request(new RequestView(call, headers, this.#signal, answer)));
      } catch (error) {
        headers.isOver = true;
        if (!this.#mayGoOn(instance, error)) return;
        continue;
      }
      if (isPromise(result)) return this.#wait(result, instance, headers, at);
      headers.isOver = true;
      if (this.#answer !== null) return this.#conclude(this.#answer);
    }
    this.#conclude(null);
  }

  #wait(promise: PromiseLike<unknown>, instance: PluginInstance, headers: HookHeaders, at: number): void {
    const settle = (error?: unknown): void => {
      if (headers.isOver) return;
      headers.isOver = true;
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      this.#exchange.onClosed = null;
      if (this.#exchange.isClosed) return;
      if (error !== undefined && !this.#mayGoOn(instance, error)) return;
      // Too late for the wall, it must not answer either.
      if (error === undefined && this.#answer !== null) this.#conclude(this.#answer);
      else this.#from(at + 1);
    };
    const { timeoutMs } = instance.settings;
    this.#timer = setTimeout(() => {
      const error = new Error(`its request hook took longer than ${timeoutMs} ms`);
      this.#abort?.abort(error);
      settle(error);
    }, timeoutMs);
    this.#exchange.onClosed = () => {
      this.#abort?.abort(new Error('the client left'));
      settle();
    };
    promise.then(
      () => settle(),
      (error: unknown) => settle(error ?? new Error('rejected without a reason')),
    );
  }

  /** False: the request is refused. */
  #mayGoOn(instance: PluginInstance, error: unknown): boolean {
    instance.failed('request', error);
    this.#answer = null;
    if (instance.settings.onError === 'skip') return true;
    this.#conclude(failure(error));
    return false;
  }

  #conclude(outcome: StageOutcome): void {
    const next = this.#next;
    this.#next = null;
    next?.(outcome);
  }

  #answerWith(...[status, body, headers]: Parameters<PluginRequest['answer']>): void {
    if (this.#answer !== null) throw new TypeError('answer() was called before');
    this.#answer = pluginAnswer(status, body, headers);
  }

  readonly #signal = (): AbortSignal => {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  };

  #end(end: ExchangeEnd): void {
    for (const call of this.#calls) {
      const { instance } = call;
      const { done } = instance.hooks;
      try {
        if (done !== undefined) {
          const result: unknown = instance.run('done', () => done(new DoneView(call, end)));
          watchLate(result, instance, 'done');
        }
      } catch (error) {
        instance.failed('done', error);
      }
      instance.release();
    }
  }
}

/** Nobody waits for it; but a rejection that nobody handles would end the thread. */
function watchLate(result: unknown, instance: PluginInstance, hook: PluginHook): void {
  if (isPromise(result)) result.then(undefined, (error: unknown) => instance.failed(hook, error));
}

function failure(cause: unknown): GatewayError {
  return new GatewayError('GW_PLUGIN_FAILED', { cause });
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'
  );
}
