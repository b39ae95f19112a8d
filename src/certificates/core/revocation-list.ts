/** Whose list of revoked certificates it is, and until when it is valid (RFC 5280, 5.1). */
import { dateOf } from './leaf-parts.ts';
import { type DerValue, readInside, readValues } from './read-der.ts';

export interface RevocationList {
  /** As subjectKey has it. */
  readonly issuer: string;
  /** As Date writes it; null: it does not expire. */
  readonly nextUpdate: string | null;
}

/** Undefined: it is in another form. */
export function revocationList(der: Buffer): RevocationList | undefined {
  const fields = contentOf(der);
  // The version is optional.
  const [, issuer, thisUpdate, nextUpdate] = fields[0]?.tag === 0x02 ? fields.slice(1) : fields;
  if (issuer?.tag !== 0x30 || thisUpdate === undefined) return undefined;
  const until = nextUpdate === undefined ? undefined : dateOf(der, nextUpdate);
  return { issuer: nameKey(der, issuer), nextUpdate: until ?? null };
}

/** Of a certificate: equal for names that verification considers equal. Undefined: it is in another form. */
export function subjectKey(der: Buffer): string | undefined {
  const fields = contentOf(der);
  const subject = (fields[0]?.tag === 0xa0 ? fields.slice(1) : fields)[4];
  return subject?.tag === 0x30 ? nameKey(der, subject) : undefined;
}

function contentOf(der: Buffer): readonly DerValue[] {
  const content = readInside(der, 0x30, 0, der.length)[0];
  return content?.tag === 0x30 ? readValues(der, content.from, content.to) : [];
}

/** Case and white space do not distinguish names, nor does the type of a string (RFC 5280, 7.1). */
function nameKey(der: Buffer, { from, to }: DerValue): string {
  return readValues(der, from, to)
    .map((set) =>
      readValues(der, set.from, set.to)
        .map((attribute) => {
          const [type, value] = readValues(der, attribute.from, attribute.to);
          if (type === undefined || value === undefined) return '';
          const text = der.toString('latin1', value.from, value.to).trim().replaceAll(/\s+/g, ' ').toLowerCase();
          return `${der.toString('hex', type.from, type.to)}=${text}`;
        })
        .join('+'),
    )
    .join(',');
}
