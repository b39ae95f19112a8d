/** The frame around every view: navigation, the state of the connection, the session. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useLive } from '../live/use-live.ts';
import { useNow } from '../hooks/use-now.ts';
import { Account } from './account.tsx';
import { Brand } from './brand.tsx';
import { ConnectionPill } from './connection-pill.tsx';
import { isStale } from './staleness.ts';
import { Navigation } from './navigation.tsx';
import { ShortcutHelp } from './shortcut-help.tsx';
import { useShortcuts } from './use-shortcuts.ts';
import { VIEWS } from './views.ts';

export function Shell({ children }: { readonly children: ReactNode }) {
  const [isHelpOpen, setHelpOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const [location] = useLocation();
  useShortcuts(() => setHelpOpen(true));

  useEffect(() => {
    const view = VIEWS.find(({ path }) => location === path || (path !== '/' && location.startsWith(`${path}/`)));
    document.title = `${view?.name ?? 'Not found'} · Sluice`;
    window.scrollTo(0, 0);
  }, [location]);

  const link = useLive((state) => state.link);
  const receivedAt = useLive((state) => state.receivedAt);
  const now = useNow();
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[13.5rem_1fr]">
      <a
        href="#main"
        onClick={() => main.current?.focus()}
        className="absolute top-2 left-2 z-50 -translate-y-20 rounded bg-accent px-3 py-2 text-accent-ink focus:translate-y-0"
      >
        Skip to the content
      </a>
      <aside className="border-b border-line bg-surface lg:sticky lg:top-0 lg:flex lg:h-dvh lg:flex-col lg:border-r lg:border-b-0">
        <div className="flex items-center justify-between gap-2 px-4 pt-3 pb-2 lg:py-4">
          <Brand />
          <div className="lg:hidden">
            <ConnectionPill />
          </div>
        </div>
        <Navigation />
        <div className="hidden lg:mt-auto lg:block">
          <Account onHelp={() => setHelpOpen(true)} />
        </div>
      </aside>
      <div className="min-w-0" data-stale={isStale(link, receivedAt, now)}>
        <main id="main" ref={main} tabIndex={-1} className="mx-auto max-w-[90rem] space-y-4 p-4 outline-none lg:p-6">
          {children}
        </main>
        <div className="border-t border-line lg:hidden">
          <Account onHelp={() => setHelpOpen(true)} />
        </div>
      </div>
      {isHelpOpen && <ShortcutHelp onClose={() => setHelpOpen(false)} />}
    </div>
  );
}
