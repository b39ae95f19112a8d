/** Certificates in files: days left, and whether clients can verify them. */
import type { ReadPairs } from '../../certificates/read-pair.ts';
import { failed, type Finding, ok, warning } from './finding.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

export function checkCertificates(pairs: ReadPairs, nowMs = Date.now()): readonly Finding[] {
  return [...pairs.values()].flatMap(({ pair, warnings }): Finding[] => {
    if (pair === undefined) return [];
    const [host = '-'] = pair.hosts;
    const days = Math.floor((pair.leaf.validToDate.getTime() - nowMs) / DAY_MS);
    const fix = 'renew it, and replace the files: they are watched';
    const lifetime =
      days < 0
        ? failed('certificate', `${host} expired ${-days} days ago`, 'clients refuse to connect', fix)
        : days < SOON_DAYS
          ? warning('certificate', `${host} expires in ${days} days`, 'clients then refuse to connect', fix)
          : ok('certificate', `${host}, ${days} days left`);
    const remarks = warnings
      // Its end was said above.
      .filter(({ message }) => !/expired/.test(message))
      .map(({ message }) =>
        warning(
          'certificate',
          `${host}: ${message}`,
          'some clients cannot verify it',
          'put the whole chain into cert_file',
        ),
      );
    return [lifetime, ...remarks];
  });
}
