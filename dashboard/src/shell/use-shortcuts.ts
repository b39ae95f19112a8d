import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { VIEWS } from './views.ts';

/** `g` and a letter open a view, `/` the search, `?` lists them all. Ignored while typing in a field. */
export function useShortcuts(onHelp: () => void): void {
  const [, navigate] = useLocation();
  const act = useRef({ onHelp, navigate });
  act.current = { onHelp, navigate };
  useEffect(() => {
    let isAfterG = false;
    function onKey(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const view = isAfterG ? VIEWS.find(({ letter }) => letter === event.key) : undefined;
      isAfterG = event.key === 'g';
      if (view !== undefined) act.current.navigate(view.path);
      else if (event.key === '?') act.current.onHelp();
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('[data-search]');
        if (search === null) return;
        event.preventDefault();
        search.focus();
      }
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}
