import { useId, useState } from 'react';
import type { Certificate } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { CertificateBadge } from '../../components/state-badge.tsx';
import { formatDateTime, formatSeconds, formatTime, NONE } from '../../format.ts';
import { useNow } from '../../hooks/use-now.ts';
import { Cells } from '../../lists/cells.tsx';
import { shownColumns, type Column } from '../../lists/column.ts';
import { SortHeads, type SortProps } from '../../lists/sort-head.tsx';
import { timeLeft } from './attention.ts';

const COLOURS: Readonly<Record<Certificate['state'], string>> = {
  ok: '',
  pending: 'text-muted',
  expiring: 'text-warn',
  expired: 'text-bad',
  not_yet_valid: 'text-bad',
};

export const CERTIFICATE_COLUMNS: readonly Column<Certificate>[] = [
  { name: 'Hosts', value: ({ hosts }) => hosts.join(' '), cell: (certificate) => <Hosts certificate={certificate} /> },
  {
    name: 'State',
    value: ({ state }) => state,
    cell: ({ state, not_after: notAfter }) => (
      <>
        <CertificateBadge state={state} />
        {notAfter !== null && (
          <p className="mt-1 text-xs md:hidden">
            <Left notAfter={notAfter} state={state} />
          </p>
        )}
      </>
    ),
  },
  {
    name: 'Expires',
    value: ({ not_after: notAfter }) => notAfter,
    cell: ({ not_after: notAfter, state }) =>
      notAfter === null ? (
        NONE
      ) : (
        <>
          <Left notAfter={notAfter} state={state} />
          <span className="block text-xs text-muted">{formatDateTime(notAfter)}</span>
        </>
      ),
    className: 'whitespace-nowrap max-md:hidden',
  },
  {
    name: 'Source',
    value: ({ source }) => sourceName(source),
    className: 'whitespace-nowrap max-md:hidden',
  },
  {
    name: 'Issuer',
    value: ({ issuer }) => issuer,
    cell: ({ issuer }) => issuer ?? NONE,
    className: 'min-w-32 max-lg:hidden',
  },
  { name: 'Error', value: ({ error }) => error, isExportOnly: true },
  { name: 'Next attempt', value: ({ next_attempt: next }) => next, isExportOnly: true },
  { name: 'Last used', value: ({ last_used: used }) => used, isExportOnly: true },
  { name: 'File', value: ({ file }) => file, isExportOnly: true },
  { name: 'Serial', value: ({ serial }) => serial, isExportOnly: true },
  { name: 'SHA-256', value: ({ fingerprint_sha256: fingerprint }) => fingerprint, isExportOnly: true },
];
const SHOWN = shownColumns(CERTIFICATE_COLUMNS);

export interface CertificateTableProps extends SortProps {
  readonly certificates: readonly Certificate[];
  /** Null: for administrators only. */
  readonly onRenew: ((certificate: Certificate) => void) | null;
}

export function CertificateTable({ certificates, sort, onSort, onRenew }: CertificateTableProps) {
  return (
    <div className="relative overflow-x-auto">
      <table className="table">
        <thead>
          <tr>
            <SortHeads columns={SHOWN} sort={sort} onSort={onSort} />
            <th>
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {certificates.map((certificate) => (
            <Row key={keyOf(certificate)} certificate={certificate} onRenew={onRenew} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A host has one certificate. */
function keyOf({ id, hosts, file }: Certificate): string {
  return id ?? file ?? hosts.join(' ');
}

function Row({ certificate, onRenew }: Pick<CertificateTableProps, 'onRenew'> & { readonly certificate: Certificate }) {
  const [isOpen, setOpen] = useState(false);
  const details = useId();
  const { hosts, source } = certificate;
  const isOrdered = source === 'acme' || source === 'on_demand';
  const renew = isOrdered && onRenew !== null && (
    <Button aria-label={`Renew ${hosts[0]} now`} onClick={() => onRenew(certificate)}>
      Renew now
    </Button>
  );
  return (
    <>
      <tr data-certificate={hosts[0]}>
        <Cells columns={SHOWN} row={certificate} />
        <td className="number">
          <span className="max-md:hidden">{renew}</span>
          <Button
            look="quiet"
            className="max-sm:px-0"
            aria-label={`Details of ${hosts[0]}`}
            aria-expanded={isOpen}
            aria-controls={isOpen ? details : undefined}
            onClick={() => setOpen(!isOpen)}
          >
            Details
          </Button>
        </td>
      </tr>
      {isOpen && (
        <tr id={details}>
          <td colSpan={SHOWN.length + 1} className="bg-sunken">
            <Details certificate={certificate} />
            {renew && <p className="mt-2 md:hidden">{renew}</p>}
          </td>
        </tr>
      )}
    </>
  );
}

function Hosts({ certificate }: { readonly certificate: Certificate }) {
  const { hosts, state, error, next_attempt: next } = certificate;
  return (
    <>
      <span className="font-medium">{hosts[0]}</span>
      {hosts.length > 1 && <span className="whitespace-nowrap text-muted"> and {hosts.length - 1} more</span>}
      {error !== null && <p className="mt-1 text-xs text-bad">{error}</p>}
      {next !== null && (error !== null || state === 'pending') && (
        <p className="mt-1 text-xs text-muted">Next attempt: {formatTime(next)}</p>
      )}
    </>
  );
}

function sourceName(source: Certificate['source']): string {
  return source.replace('_', ' ');
}

function Left({ notAfter, state }: { readonly notAfter: string; readonly state: Certificate['state'] }) {
  const now = useNow();
  return <span className={COLOURS[state]}>{timeLeft(notAfter, now, formatSeconds)}</span>;
}

function Details({ certificate }: { readonly certificate: Certificate }) {
  const { hosts, file, source, issuer, serial, fingerprint_sha256: fingerprint } = certificate;
  const { not_before: from, not_after: to, next_attempt: next, last_used: used } = certificate;
  const rows: readonly (readonly [string, string | null])[] = [
    ['Hosts', hosts.join(', ')],
    ['Source', file === null ? sourceName(source) : `${source}: ${file}`],
    ['Issuer', issuer],
    ['Valid', from === null || to === null ? null : `${formatDateTime(from)} – ${formatDateTime(to)}`],
    ['Serial', serial],
    ['SHA-256', fingerprint],
    ['Last used', used === null ? null : formatDateTime(used)],
    ['Next attempt', next === null ? null : formatDateTime(next)],
  ];
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs">
      {rows.map(
        ([name, value]) =>
          value !== null && (
            <div key={name} className="contents">
              <dt className="whitespace-nowrap text-muted">{name}</dt>
              <dd className={name === 'SHA-256' || name === 'Serial' ? 'font-mono' : ''}>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
