/** A line of the log as a log record of OTLP. */
import { AttributeText, type AttributeValue, nanoText } from './core/otlp-json.ts';

/** Numbers of severity, by the names of levels. Source: https://opentelemetry.io/docs/specs/otel/logs/data-model/#severity-fields */
const SEVERITIES: Readonly<Record<string, number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

/** These are fields of the record itself. */
const OWN: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'trace_id', 'span_id', 'err']);
const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

/** A JSON object; undefined: it is no line of the log. @param observedMs since the epoch */
export function logRecord(line: string, observedMs: number): string | undefined {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const level = textOf(fields['level']) ?? '';
  const timeMs = Date.parse(textOf(fields['time']) ?? '');
  const traceId = idOf(fields['trace_id'], TRACE_ID);
  const spanId = idOf(fields['span_id'], SPAN_ID);
  return (
    `{"timeUnixNano":${nanoText(Number.isNaN(timeMs) ? observedMs : timeMs)},"observedTimeUnixNano":${nanoText(observedMs)}` +
    `,"severityNumber":${SEVERITIES[level] ?? 0},"severityText":${JSON.stringify(level.toUpperCase())}` +
    `,"body":{"stringValue":${JSON.stringify(textOf(fields['msg']) ?? '')}},"attributes":${attributesOf(fields)}` +
    ',"droppedAttributesCount":0' +
    (traceId === '' ? '' : `,"traceId":"${traceId}"`) +
    (spanId === '' ? '' : `,"spanId":"${spanId}"`) +
    '}'
  );
}

function attributesOf(fields: Readonly<Record<string, unknown>>): string {
  const attributes = new AttributeText();
  addAll(attributes, fields, '');
  const error = fields['err'];
  if (isRecord(error)) {
    attributes.add('exception.type', textOf(error['type']));
    attributes.add('exception.message', textOf(error['message']));
    attributes.add('exception.stacktrace', textOf(error['stack']));
    if (error['code'] !== undefined) attributes.add('error.code', textOf(error['code']));
  }
  return attributes.text;
}

function addAll(attributes: AttributeText, fields: Readonly<Record<string, unknown>>, prefix: string): void {
  for (const [name, value] of Object.entries(fields)) {
    if (prefix === '' && OWN.has(name)) continue;
    const key = prefix + name;
    if (isPlain(value)) attributes.addNamed(key, value);
    else if (isRecord(value)) addAll(attributes, value, `${key}.`);
    else if (value !== null && value !== undefined) attributes.addNamed(key, JSON.stringify(value));
  }
}

function idOf(value: unknown, form: RegExp): string {
  return typeof value === 'string' && form.test(value) ? value : '';
}

function isPlain(value: unknown): value is AttributeValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
