import { SIGNALS } from '../../otlp/core/otlp-vocabulary.ts';
import type { Draft } from '../check/draft.ts';
import { checkSentHeaders } from '../check/pool/check-health.ts';
import type { Path } from '../file/path.ts';
import { finding, type Finding } from '../file/problem.ts';
import type { ConfigFile } from '../schema/schema.ts';

/** Set by other means. */
const SET: Readonly<Record<string, string>> = {
  'service.name': 'set telemetry.service_name instead',
  'service.version': 'Sluice sets it',
  'service.instance.id': 'set fleet.name instead',
};
const ATTRIBUTE = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
/** Of the request's body. */
const BODY_FIELDS = ['content-encoding', 'content-type', 'host'];

/** Header fields that a request to the collector may not have, and names of attributes. */
export function checkTelemetry({ telemetry }: Draft<ConfigFile>): readonly Finding[] {
  const path: Path = ['telemetry'];
  return [
    ...Object.keys(telemetry?.resource ?? {}).flatMap((name) => checkAttribute(name, [...path, 'resource', name])),
    ...SIGNALS.flatMap((signal) =>
      checkSentHeaders(telemetry?.[signal]?.headers, [...path, signal, 'headers'], BODY_FIELDS),
    ),
  ];
}

function checkAttribute(name: string, path: Path): readonly Finding[] {
  if (Object.hasOwn(SET, name)) return [finding(path, `${name} cannot be set here: ${SET[name]!}`, { atKey: true })];
  if (ATTRIBUTE.test(name)) return [];
  const message = `"${name}" is not a valid name: at most 128 letters, digits, dots, dashes and underscores, the first a letter`;
  return [finding(path, message, { atKey: true })];
}
