import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { Icon } from '../components/icon.tsx';
import { VIEWS } from './views.ts';

export function Navigation() {
  const [location] = useLocation();
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // On a phone, the list is wider than the screen.
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [location]);
  return (
    <nav aria-label="Views" className="overflow-x-auto">
      <ul ref={list} className="flex gap-1 px-2 pb-2 lg:flex-col lg:px-3">
        {VIEWS.map(({ path, name, icon, letter }) => {
          const isHere = location === path || (path !== '/' && location.startsWith(`${path}/`));
          return (
            <li key={path}>
              <Link
                href={path}
                aria-current={isHere ? 'page' : undefined}
                aria-keyshortcuts={`g ${letter}`}
                className="flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm font-medium whitespace-nowrap text-muted hover:bg-sunken hover:text-ink aria-[current]:bg-accent-soft aria-[current]:text-accent"
              >
                <Icon name={icon} />
                {name}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
