/** Our file as YAML, with the line of the source beside each part. */
import { stringify } from 'yaml';
import { FINDING_KINDS, findingLine, type ImportFinding } from './findings.ts';
import { oneLine, type Origin } from './origin.ts';
import { type Entry, Part, type PartValue } from './part.ts';

const ORDER = ['server', 'tls', 'admin', 'redis', 'log', 'rate_limit', 'pools', 'health_check', 'passive_health'];
const LAST = ['route_defaults', 'routes'];
/** More would hide the rest. */
const MAX_LISTED = 200;

const HEADINGS = {
  refused: 'LOST, and it decides who is let through or where requests go:',
  lost: 'Lost, without an effect on who is let through:',
  note: 'Different here:',
} as const;

export function writeOutline(root: Part, from: string, findings: readonly ImportFinding[]): string {
  const head = `# Made by \`sluice import\` from ${oneLine(from)}. Keys that are not here have their defaults: docs/configuration.md.\n`;
  const notes = FINDING_KINDS.map((kind) => {
    const lines = findings.filter((each) => each.kind === kind).map((each) => `# - ${findingLine(each)}\n`);
    const more = lines.length > MAX_LISTED ? `# - and ${lines.length - MAX_LISTED} more\n` : '';
    return lines.length === 0 ? '' : `#\n# ${HEADINGS[kind]}\n${lines.slice(0, MAX_LISTED).join('')}${more}`;
  });
  const rank = (key: string): number => {
    if (ORDER.includes(key)) return ORDER.indexOf(key);
    return ORDER.length + 1 + LAST.indexOf(key);
  };
  const sections = [...root.entries].toSorted(([one], [other]) => rank(one) - rank(other));
  return `${head}${notes.join('')}\n${sections.map(([key, entry]) => pairLines(key, entry, '').join('\n')).join('\n')}\n`;
}

function pairLines(key: string, { value, origin, remark }: Entry, indent: string): readonly string[] {
  const name = `${indent}${scalar(key)}:`;
  const comment = commentOf(origin, remark);
  if (value instanceof Part) {
    if (value.size === 0) return [`${name} {}${comment}`];
    // Of a section, its keys say where they come from.
    return [`${name}${remark === undefined && value.size > 0 ? '' : comment}`, ...mapLines(value, `${indent}  `)];
  }
  if (!Array.isArray(value)) return [`${name} ${scalar(value as string)}${comment}`];
  const list = value as readonly PartValue[];
  if (list.every((each) => !(each instanceof Part) && !Array.isArray(each)))
    return [`${name} [${list.map((each) => scalar(each as string, true)).join(', ')}]${comment}`];
  return [`${name}${comment}`, ...list.flatMap((each) => itemLines(each, indent))];
}

function mapLines(part: Part, indent: string): readonly string[] {
  return [...part.entries].flatMap(([key, entry]) => pairLines(key, entry, indent));
}

function itemLines(value: PartValue, indent: string): readonly string[] {
  if (!(value instanceof Part)) return [`${indent}  - ${scalar(value as string)}`];
  const [first = '', ...rest] = mapLines(value, `${indent}    `);
  return [`${indent}  - ${first.trimStart()}`, ...rest];
}

function commentOf(origin: Origin | undefined, remark: string | undefined): string {
  if (remark !== undefined) return ` # ${oneLine(remark)}`;
  return origin === undefined ? '' : ` # ${oneLine(`${origin.file}:${origin.line} ${origin.name}`, 120)}`;
}

/** @param isInFlow within brackets */
function scalar(value: string | number | boolean, isInFlow = false): string {
  if (typeof value !== 'string') return String(value);
  if (/[\p{Cc}\u2028\u2029\uFEFF]/u.test(value) || (isInFlow && !/^[\w./*@-]+$/.test(value)))
    return JSON.stringify(value);
  // It quotes what would be read as another type.
  const text = stringify(value, { lineWidth: 0 }).trimEnd();
  return text.includes('\n') ? JSON.stringify(value) : isInFlow && text.startsWith('*') ? JSON.stringify(value) : text;
}
