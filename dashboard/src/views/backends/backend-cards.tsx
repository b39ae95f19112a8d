import { BackendCard } from './backend-card.tsx';
import { groupText, type PoolGroup } from './backend-order.ts';

export function BackendCards({ groups }: { readonly groups: readonly PoolGroup[] }) {
  return groups.map((group) => (
    <section key={group.pool} aria-label={`Pool ${group.pool}`} className="space-y-2">
      {groups.length > 1 && (
        <p className="text-sm">
          <span className="font-semibold">{group.pool}</span>{' '}
          <span className={group.down > 0 ? 'text-bad' : 'text-muted'}>{groupText(group)}</span>
        </p>
      )}
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,20rem),1fr))] gap-4">
        {group.backends.map(({ id }) => (
          <li key={id} className="min-w-0">
            <BackendCard id={id} />
          </li>
        ))}
      </ul>
    </section>
  ));
}
