/** `return`, `rewrite` and the conditions of `if`. */
import { allOf, InexpressibleMatch } from '../matching/combine.ts';
import { keepExpression, quoted } from '../matching/expression.ts';
import { ANY, type Match } from '../matching/rule.ts';
import type { Part } from '../outline/part.ts';
import { REDIRECT_CODES, redirectAction, respondAction } from '../outline/redirect-target.ts';
import type { NginxScope } from './nginx-scope.ts';
import type { NginxDirective } from './nginx-syntax.ts';
import { headerName, template, type Variables } from './nginx-values.ts';
import type { NginxWorld } from './nginx-world.ts';

type Findings = NginxWorld['outline']['findings'];

/** Undefined, with a finding: it cannot be expressed. @param host of the rule */
export function returned(
  each: NginxDirective,
  scope: NginxScope,
  constants: Variables,
  host: string | undefined,
  findings: Findings,
): Part | undefined {
  const [first = '', second] = each.args;
  const status = /^\d{3}$/.test(first) ? Number(first) : 302;
  const text = /^\d{3}$/.test(first) ? second : first;
  if (status === 444) {
    findings.note(each, '444 closes the connection: the answer is 403 here');
    return respondAction(403, undefined, each);
  }
  if (REDIRECT_CODES.includes(status)) {
    const { text: location, unknown } = template(text ?? '', constants);
    if (location !== undefined) return redirectAction(location, status, host, each, findings);
    findings.refuse(each, `${unknown} has no placeholder here`);
    return undefined;
  }
  if (status < 200 || status > 599) {
    findings.refuse(each, `${status} is no status from 200 to 599`);
    return undefined;
  }
  const answer = respondAction(status, text, each);
  if (text?.includes('$') === true) findings.lose(each, 'variables in the body stay as they are');
  const type = scope.one('default_type');
  if (text !== undefined && type !== undefined && type.args[0] !== 'application/octet-stream')
    answer.set(['respond', 'content_type'], type.args[0] ?? '', type);
  return answer;
}

/** nginx tells 301 and 302 apart by these words. */
const REWRITE_STATUS: Readonly<Record<string, number>> = { permanent: 301, redirect: 302 };

export interface Rewritten {
  /** What its expression matches. */
  readonly regex: string;
  /** A redirect; undefined: the path is changed. */
  readonly redirect?: Part;
  /** With placeholders for groups. */
  readonly to: string;
}

export function rewritten(
  each: NginxDirective,
  constants: Variables,
  host: string | undefined,
  findings: Findings,
): Rewritten | undefined {
  const [source = '', replacement = '', flag = ''] = each.args;
  const kept = keepExpression(source);
  if (kept.text === undefined) {
    findings.refuse(each, kept.fault!);
    return undefined;
  }
  // A question mark at the end only says that the query is not appended.
  const target = template(replacement.replace(/\?$/, ''), constants);
  if (target.text === undefined) {
    findings.refuse(each, `${target.unknown} has no placeholder here`);
    return undefined;
  }
  if (replacement.endsWith('?')) findings.note(each, 'the query is kept');
  const status = REWRITE_STATUS[flag] ?? (/^(?:https?|\{scheme\}):\/\//.test(target.text) ? 302 : undefined);
  if (status === undefined) return { regex: kept.text, to: target.text };
  const redirect = redirectAction(target.text, status, host, each, findings);
  return redirect === undefined ? undefined : { regex: kept.text, redirect, to: target.text };
}

export interface Condition {
  readonly matches: readonly Match[];
  /** It says which methods do not meet it. */
  readonly allBut?: readonly string[];
  /** It asks whether the client came without TLS. */
  readonly isPlain?: boolean;
}

/** Of `if`; undefined, with a finding: no route can demand it. */
export function conditionOf(each: NginxDirective, findings: Findings): Condition | undefined {
  const text = each.args.join(' ').replace(/^\(\s*|\s*\)$/g, '');
  const [, variable = '', operator, value = ''] = /^\$(\w+)(?:\s*(=|!=|~\*|~|!~\*|!~)\s*(.*))?$/.exec(text) ?? [];
  const condition = readCondition(variable, operator, value.replace(/^(["'])(.*)\1$/, '$2'));
  if (condition === undefined || typeof condition === 'string') {
    findings.refuse(each, condition ?? `(${text}): no route can demand it`);
    return undefined;
  }
  return condition;
}

function readCondition(variable: string, operator: string | undefined, value: string): Condition | string | undefined {
  const isRegex = operator?.includes('~') === true;
  const isNegated = operator?.startsWith('!') === true;
  if (variable === 'request_method') {
    const methods = isRegex ? /^\^?\(?([A-Z|]+)\)?\$?$/.exec(value)?.[1]?.split('|') : [value];
    if (methods === undefined || operator === undefined) return undefined;
    return isNegated ? { matches: [], allBut: methods } : { matches: [{ ...ANY, methods }] };
  }
  if (variable === 'scheme' && !isRegex && value === (isNegated ? 'https' : 'http'))
    return { matches: [], isPlain: true };
  if (variable === 'https' && operator === '!=' && value === 'on') return { matches: [], isPlain: true };
  if (isNegated) return undefined;
  if (variable === 'host' || variable === 'http_host')
    return isRegex || operator === undefined ? undefined : { matches: [{ ...ANY, host: value.toLowerCase() }] };
  const expression = isRegex ? keepExpression(value, { ignoresCase: operator?.includes('*') === true }) : undefined;
  if (expression?.fault !== undefined) return expression.fault;
  const regex = expression?.text;
  if (
    variable === 'uri' ||
    variable === 'document_uri' ||
    (variable === 'request_uri' && regex !== undefined && !/[?]/.test(value))
  ) {
    if (operator === undefined) return undefined;
    return {
      matches: [
        { ...ANY, path: regex === undefined ? { kind: 'exact', text: value } : { kind: 'regex', text: regex } },
      ],
    };
  }
  if (operator !== undefined && !isRegex && value === '') return undefined;
  if (variable.startsWith('http_'))
    return { matches: [fieldMatch('headers', headerName(variable), value, regex, operator)] };
  if (variable.startsWith('arg_')) return { matches: [fieldMatch('query', variable.slice(4), value, regex, operator)] };
  if (variable.startsWith('cookie_') && !isRegex && operator !== undefined)
    return { matches: [{ ...ANY, headersRegex: { cookie: cookieExpression(variable.slice(7), value) } }] };
  return undefined;
}

/** A Cookie field with this value. */
function cookieExpression(name: string, value: string): string {
  return `(?:^|;\\s*)${quoted(name)}=${quoted(value)}(?:;|$)`;
}

function fieldMatch(
  kind: 'headers' | 'query',
  name: string,
  value: string,
  regex: string | undefined,
  operator: string | undefined,
): Match {
  if (regex !== undefined) return { ...ANY, [`${kind}Regex`]: { [name]: regex } };
  return { ...ANY, [kind]: { [name]: operator === undefined ? '*' : value } };
}

/** Both; none, with a finding, if no route can demand both. */
export function joined(
  one: readonly Match[],
  other: readonly Match[],
  each: NginxDirective,
  findings: Findings,
): readonly Match[] {
  try {
    return allOf(one, other);
  } catch (error) {
    if (!(error instanceof InexpressibleMatch)) throw error;
    findings.refuse(each, error.message);
    return [];
  }
}
