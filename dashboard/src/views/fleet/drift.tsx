import type { DriftKind } from '../../../../src/fleet/core/fleet-vocabulary.ts';
import type { Fleet } from '../../api/types.ts';
import { Icon } from '../../components/icon.tsx';

export interface DriftProps {
  readonly drift: Fleet['drift'][number];
}

const TITLES: Readonly<Record<DriftKind, string>> = {
  config: 'The gateways have different configurations',
  version: 'The gateways run different versions',
  name: 'Several gateways have one name',
};
const ADVICE: Readonly<Record<DriftKind, string>> = {
  config: 'They answer the same request differently. Deploy one file to all of them.',
  version: 'This is normal during a rolling upgrade.',
  name: "Set fleet.name on each: they overwrite each other's bucket levels.",
};

export function Drift({ drift: { kind, groups } }: DriftProps) {
  return (
    <section
      role="status"
      aria-label={TITLES[kind]}
      className="rounded-md bg-warn-soft px-4 py-3 text-sm"
      data-drift={kind}
    >
      <h2 className="flex items-center gap-2 font-semibold text-warn">
        <Icon name="warning" />
        {TITLES[kind]}
      </h2>
      <p className="mt-1">{ADVICE[kind]}</p>
      <ul className="mt-2 space-y-0.5">
        {groups.map(({ value, gateways }) => (
          <li key={value}>
            <span className="font-mono">{value}</span>:{' '}
            {kind === 'name' ? `${gateways.length} gateways` : gateways.join(', ')}
          </li>
        ))}
      </ul>
    </section>
  );
}
