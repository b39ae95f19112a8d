/** A sample with its converters: `req.hdr(host),field(1,:),lower`, `path,field(2,/)`. */
import { quoted } from '../matching/expression.ts';

export interface Sample {
  /** `req.hdr`. */
  readonly fetch: string;
  readonly argument: string;
  readonly lower: boolean;
  /** Of what is between delimiters, one part. */
  readonly part: FieldPart | undefined;
  /** Why nothing can stand for its converters. */
  readonly fault: string | undefined;
}

export interface FieldPart {
  /** From 1. */
  readonly index: number;
  /** Each of these characters is one. */
  readonly delimiters: string;
}

const MAX_INDEX = 16;

const REASONS: Readonly<Record<string, string>> = {
  map: 'write its file as routes',
  ipmask: 'write the blocks of addresses',
  url_dec: 'paths are matched as they are sent',
  json_query: 'no body is read for a route',
  table: 'counts of stick tables decide nothing here',
  in_table: 'counts of stick tables decide nothing here',
};

/** Undefined: no sample. In linear time. */
export function readSample(text: string): Sample | undefined {
  const calls = callsOf(text);
  const [first, ...converters] = calls ?? [];
  if (first === undefined) return undefined;
  let lower = false;
  let part: FieldPart | undefined;
  let fault: string | undefined;
  for (const { name, argument } of converters) {
    const isHost = isHostField(first.name, first.argument);
    if (name === 'lower') lower = true;
    else if (name === 'host_only' && isHost) part = { index: 1, delimiters: ':' };
    else if (name === 'field' && part === undefined && partOf(argument) !== undefined) part = partOf(argument);
    else fault ??= faultOf(name);
  }
  return { fetch: first.name, argument: first.argument, lower, part, fault };
}

export function isConverted(sample: Sample | undefined): sample is Sample {
  return sample !== undefined && (sample.lower || sample.part !== undefined || sample.fault !== undefined);
}

/** Whether its value is the name of the host. */
export function isHostField(fetch: string, argument: string): boolean {
  return /^(?:req\.)?f?hdr(?:_(?:beg|end|reg|sub|dir|dom|str))?$/.test(fetch) && argument.toLowerCase() === 'host';
}

/** Hosts are matched without a port, and paths without a query: then the part is the whole. */
export function isWhole({ index, delimiters }: FieldPart, subject: 'host' | 'path'): boolean {
  return index === 1 && delimiters === (subject === 'host' ? ':' : '?');
}

/** An expression for a text whose part is, or begins with, the value. */
export function partExpression({ index, delimiters }: FieldPart, value: string, how: 'str' | 'beg'): string {
  const set = delimiters.replaceAll(/[\\\]^-]/g, String.raw`\$&`);
  return `^${`[^${set}]*[${set}]`.repeat(index - 1)}${quoted(value)}${how === 'str' ? `(?:[${set}]|$)` : ''}`;
}

function faultOf(name: string): string {
  const kind = name.replace(/^map_.*/, 'map');
  const reason = Object.hasOwn(REASONS, kind) ? `: ${REASONS[kind]}` : '';
  return `the converter ${name} has no counterpart${reason}`;
}

/** `1,:`; a third argument counts parts, and has no counterpart. */
function partOf(argument: string): FieldPart | undefined {
  const [, index = '', delimiters = ''] = /^(\d{1,3}),\\?([^\\]|[^\\,\d]{1,8})$/.exec(argument) ?? [];
  const number = Number(index);
  return number >= 1 && number <= MAX_INDEX ? { index: number, delimiters } : undefined;
}

interface Call {
  readonly name: string;
  readonly argument: string;
}

function callsOf(text: string): readonly Call[] | undefined {
  const call = /([\w.-]+)(?:\(([^)]*)\))?(,|$)/y;
  const calls: Call[] = [];
  for (;;) {
    const match = call.exec(text);
    if (match === null) return undefined;
    calls.push({ name: match[1]!, argument: match[2] ?? '' });
    if (match[3] === '') return calls;
  }
}
