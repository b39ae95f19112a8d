/** Finds what an answer costs while it passes by, and settles the charge of its request. */
import type { AnswerCharge } from '../../limits/answer-charge.ts';
import { statedCost } from '../../limits/answer-charge.ts';
import type { RouteSettings } from '../../config/settings.ts';
import type { AnswerRule, AnswerWatch } from '../../routing/route-policies.ts';
import type { BodyWatcher } from '../../routing/body-watcher.ts';
import type { Exchange } from '../../routing/exchange.ts';
import { BodyDecoder } from './body-decoder.ts';
import { CostExpression } from './core/cost-expression.ts';
import { EventStreamScanner } from './core/event-stream-scanner.ts';
import { JsonNumberScanner } from './core/json-number-scanner.ts';

type CostSettings = NonNullable<RouteSettings['costFrom']>;

/** Watches the answers of a route for their cost. */
export function costWatch({ header, json }: CostSettings): AnswerWatch {
  return json === null ? new HeaderWatch(header!.toLowerCase()) : new JsonWatch(new CostExpression(json));
}

/** Notes the header field with the cost before anything else changes it, and removes it if clients are not to get it. */
export class CostFieldRule implements AnswerRule {
  readonly #name: string;
  readonly #isHidden: boolean;

  private constructor(name: string, isHidden: boolean) {
    this.#name = name;
    this.#isHidden = isHidden;
  }

  /** Null: the cost is in the body. */
  static of({ header, hide }: CostSettings): CostFieldRule | null {
    return header === null ? null : new CostFieldRule(header.toLowerCase(), hide);
  }

  applyTo(fields: string[], _status: number, exchange: Exchange): void {
    if (exchange.charge !== null) exchange.charge.stated = valueOf(fields, this.#name);
    if (!this.#isHidden) return;
    exchange.hiddenTrailer = this.#name;
    for (let at = fields.length - 2; at >= 0; at -= 2) if (isNamed(fields[at]!, this.#name)) fields.splice(at, 2);
  }
}

class HeaderWatch implements AnswerWatch {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  watch(_fields: readonly string[], status: number, exchange: Exchange): BodyWatcher | null {
    const { charge } = exchange;
    if (charge === null) return null;
    charge.isAwaited = true;
    const isBare = isBareAnswer(status, exchange);
    const end = (stated: string | null, isWhole: boolean): void => {
      // What is in the head is known even if the body breaks off.
      charge.end(stated === null ? null : statedCost(stated), isWhole || stated !== null, isBare);
    };
    return {
      onChunk: () => {},
      onEnd: (trailers) => end(valueOf(trailers, this.#name) ?? charge.stated, true),
      onCut: () => end(charge.stated, false),
    };
  }
}

class JsonWatch implements AnswerWatch {
  readonly #cost: CostExpression;

  constructor(cost: CostExpression) {
    this.#cost = cost;
  }

  watch(fields: readonly string[], status: number, exchange: Exchange): BodyWatcher | null {
    const { charge } = exchange;
    if (charge === null) return null;
    charge.isAwaited = true;
    return new JsonWatcher(this.#cost, fields, charge, isBareAnswer(status, exchange));
  }
}

class JsonWatcher implements BodyWatcher {
  readonly #cost: CostExpression;
  readonly #charge: AnswerCharge;
  readonly #isBare: boolean;
  readonly #scanner: JsonNumberScanner | EventStreamScanner;
  /** Null: the body has no coding. */
  readonly #decoder: BodyDecoder | null;
  /** It has a coding that cannot be decoded. */
  readonly #isUnreadable: boolean;

  constructor(cost: CostExpression, fields: readonly string[], charge: AnswerCharge, isBare: boolean) {
    this.#cost = cost;
    this.#charge = charge;
    this.#isBare = isBare;
    const isStream = /^text\/event-stream\s*(?:;|$)/i.test(valueOf(fields, 'content-type') ?? '');
    this.#scanner = isStream ? new EventStreamScanner(cost.paths) : new JsonNumberScanner(cost.paths);
    const coding = (valueOf(fields, 'content-encoding') ?? 'identity').trim().toLowerCase();
    const isPlain = coding === 'identity' || coding === '';
    this.#decoder = isPlain
      ? null
      : BodyDecoder.of(coding, {
          onBytes: (bytes) => this.#scanner.push(bytes),
          onDone: (isWhole) => this.#conclude(isWhole),
        });
    this.#isUnreadable = !isPlain && this.#decoder === null;
  }

  onChunk(bytes: Buffer): void {
    if (this.#decoder !== null) this.#decoder.push(bytes);
    else if (!this.#isUnreadable) this.#scanner.push(bytes);
  }

  onEnd(): void {
    if (this.#decoder === null) this.#conclude(!this.#isUnreadable);
    else this.#decoder.end();
  }

  onCut(): void {
    this.#decoder?.stop();
    this.#charge.end(this.#cost.valueOf(this.#scanner.values), false, this.#isBare);
  }

  #conclude(isReadable: boolean): void {
    this.#scanner.end();
    const isKnown = isReadable && !this.#scanner.hasFailed;
    this.#charge.end(isKnown ? this.#cost.valueOf(this.#scanner.values) : null, true, this.#isBare);
  }
}

/** It has no body, or is an error: it need not say what it costs. */
function isBareAnswer(status: number, { response }: Exchange): boolean {
  return status >= 400 || status === 204 || status === 304 || response.req.method === 'HEAD';
}

/** Null: there is none. Several are joined, as RFC 9110 (5.3) has it. @param name lower case */
function valueOf(fields: readonly string[], name: string): string | null {
  let value: string | null = null;
  for (let at = 0; at < fields.length; at += 2) {
    if (!isNamed(fields[at]!, name)) continue;
    value = value === null ? fields[at + 1]!.trim() : `${value}, ${fields[at + 1]!.trim()}`;
  }
  return value;
}

function isNamed(field: string, name: string): boolean {
  return field.length === name.length && field.toLowerCase() === name;
}
