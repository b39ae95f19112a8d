/** For an address that no view has. */
import { Link, useLocation } from 'wouter';
import { Panel, ViewHead } from '../components/panel.tsx';
import { VIEWS } from './views.ts';

export function NotFound() {
  const [location] = useLocation();
  return (
    <>
      <ViewHead title="Not found" />
      <Panel title="There is no such view">
        <p className="mb-3 text-sm">
          No view has the address <code className="font-mono">{location}</code>. These are all:
        </p>
        <ul className="space-y-1 text-sm">
          {VIEWS.map(({ path, name }) => (
            <li key={path}>
              <Link href={path} className="text-accent underline">
                {name}
              </Link>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}
