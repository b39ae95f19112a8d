import { FORMATS } from '../../schema/formats.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';
import { ownFieldReason } from './check-field-changes.ts';

/** They end with their head (RFC 9110, 15.3.5, 15.3.6 and 15.4.5). */
const BODILESS: ReadonlySet<unknown> = new Set([204, 205, 304]);

/** One body, if the status may have any, and fields that it may have. Whether the file can be read: route-files.ts. */
export function checkRespond({ respond }: Draft<RouteFile>, here: Path): readonly Finding[] {
  if (respond === undefined) return [];
  const at = [...here, 'respond'];
  const findings: Finding[] = [];
  const { status, body, file, content_type: contentType, headers = {} } = respond;
  if (body !== undefined && file !== undefined) {
    findings.push(finding([...at, 'body'], 'excludes file: keep one of them', { others: [[...at, 'file']] }));
  }
  const key = body === undefined ? 'file' : 'body';
  if (respond[key] !== undefined && BODILESS.has(status)) {
    findings.push(
      finding([...at, key], `an answer with status ${status} has no body`, { others: [[...at, 'status']] }),
    );
  }
  if (contentType !== undefined && body === undefined && file === undefined) {
    findings.push(finding([...at, 'content_type'], 'needs body or file, which it is the type of'));
  }
  for (const name of Object.keys(headers)) {
    const reason =
      FORMATS['header-name'].reject(name) === undefined
        ? name.toLowerCase() === 'content-type'
          ? 'is set by content_type'
          : ownFieldReason(name)
        : `is not ${FORMATS['header-name'].allowed}`;
    if (reason !== undefined) findings.push(finding([...at, 'headers', name], reason, { atKey: true }));
  }
  return findings;
}
