/** Rules of routers: `Host(`a`) && (PathPrefix(`/x`) || Method(`GET`))`. */
import { allOf, InexpressibleMatch } from '../matching/combine.ts';
import { keepExpression } from '../matching/expression.ts';
import { ANY, type Match } from '../matching/rule.ts';

export interface TraefikRule {
  readonly matches: readonly Match[];
  /** Addresses of `ClientIP`, which are no part of a match here; empty: any. */
  readonly addresses: readonly string[];
}

const MAX_DEPTH = 32;

/** Throws an InexpressibleMatch that says why. */
export function parseTraefikRule(text: string): TraefikRule {
  const parser = new RuleParser(text);
  const matches = parser.parse();
  return { matches, addresses: parser.addresses };
}

class RuleParser {
  readonly #text: string;
  #at = 0;
  readonly addresses: string[] = [];
  #hasOr = false;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): readonly Match[] {
    const matches = this.#either(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault('an unexpected text');
    if (this.addresses.length > 0 && this.#hasOr)
      throw new InexpressibleMatch('ClientIP beside ||: a route has its addresses for all its requests');
    return matches;
  }

  #either(depth: number): readonly Match[] {
    if (depth > MAX_DEPTH) throw this.#fault(`more than ${MAX_DEPTH} parentheses in each other`);
    let matches = this.#both(depth);
    while (this.#take('||')) {
      this.#hasOr = true;
      matches = [...matches, ...this.#both(depth)];
    }
    return matches;
  }

  #both(depth: number): readonly Match[] {
    let matches = this.#single(depth);
    while (this.#take('&&')) matches = allOf(matches, this.#single(depth));
    return matches;
  }

  #single(depth: number): readonly Match[] {
    if (this.#take('!')) throw new InexpressibleMatch('a route cannot demand that something is not so: !');
    if (this.#take('(')) {
      const matches = this.#either(depth + 1);
      if (!this.#take(')')) throw this.#fault('")" is missing');
      return matches;
    }
    const name = /[A-Za-z]+/y;
    this.#space();
    name.lastIndex = this.#at;
    const [matcher] = name.exec(this.#text) ?? [];
    if (matcher === undefined) throw this.#fault('a matcher is missing');
    this.#at += matcher.length;
    if (!this.#take('(')) throw this.#fault('"(" is missing');
    const values: string[] = [];
    do values.push(this.#quoted());
    while (this.#take(','));
    if (!this.#take(')')) throw this.#fault('")" is missing');
    return this.#matcher(matcher, values);
  }

  #matcher(name: string, values: readonly string[]): readonly Match[] {
    const [first = '', second = ''] = values;
    const kept = (source: string): string => {
      const { text, fault } = keepExpression(source);
      if (text === undefined) throw new InexpressibleMatch(fault!);
      return text;
    };
    switch (name) {
      case 'Host':
        return values.map((host) => ({ ...ANY, host: host.toLowerCase() }));
      case 'HostRegexp':
        return values.map((source) => ({ ...ANY, host: wildcardOf(source) }));
      case 'Path':
        return values.map((text) => ({ ...ANY, path: { kind: 'exact', text } }));
      case 'PathPrefix':
        return values.map((text) => (text === '/' ? ANY : { ...ANY, path: { kind: 'start', text } }));
      case 'PathRegexp':
        return values.map((source) => ({ ...ANY, path: { kind: 'regex', text: kept(source) } }));
      case 'Method':
        return [{ ...ANY, methods: values.map((method) => method.toUpperCase()) }];
      case 'Header':
      case 'Headers':
        return [{ ...ANY, headers: { [first.toLowerCase()]: second } }];
      case 'HeaderRegexp':
      case 'HeadersRegexp':
        return [{ ...ANY, headersRegex: { [first.toLowerCase()]: kept(second) } }];
      case 'Query': {
        const pairs = values.some((value) => value.includes('='))
          ? values.map((value) => value.split('=', 2))
          : [[first, second]];
        return allOf(
          ...pairs.map(([key = '', value = '']) => [{ ...ANY, query: { [key]: value === '' ? '*' : value } }]),
        );
      }
      case 'QueryRegexp':
        return [{ ...ANY, queryRegex: { [first]: kept(second) } }];
      case 'ClientIP':
        this.addresses.push(...values);
        return [ANY];
      default:
        throw new InexpressibleMatch(`${name}: no route can demand it`);
    }
  }

  #quoted(): string {
    this.#space();
    const quote = this.#text[this.#at] ?? '';
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (!['`', '"', "'"].includes(quote) || end === -1) throw this.#fault('a quoted text is missing');
    const text = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return text;
  }

  #take(token: string): boolean {
    this.#space();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #fault(message: string): InexpressibleMatch {
    return new InexpressibleMatch(`rule, character ${this.#at + 1}: ${message}`);
  }
}

/** `^.+\.example\.com$` and `{sub:[a-z]+}.example.com`: a wildcard, if it stands for all names. */
function wildcardOf(source: string): string {
  const [, domain] =
    /^\^?(?:\.[+*]|\[\^\.\]\+|\[a-z0-9-\]\+|\{\w+:\.[+*]\})\\?\.((?:[\w-]+\\?\.)+[\w-]+)\$?$/.exec(source) ?? [];
  if (domain === undefined) throw new InexpressibleMatch(`HostRegexp "${source}": a host is a name, or *. and a name`);
  return `*.${domain.replaceAll('\\', '').toLowerCase()}`;
}
