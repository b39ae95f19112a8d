/** Light, dark, or the system's setting; stored in this browser. */
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'sluice.theme';
const listeners = new Set<() => void>();
const system = window.matchMedia('(prefers-color-scheme: dark)');
system.addEventListener('change', () => listeners.forEach((listener) => listener()));

function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function setTheme(next: Theme): void {
  localStorage.setItem(KEY, next);
  applyTheme();
}

export function applyTheme(): void {
  const { dataset } = document.documentElement;
  const wanted = theme();
  if (wanted === 'system') delete dataset['theme'];
  else dataset['theme'] = wanted;
  listeners.forEach((listener) => listener());
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, theme);
}

/** Changes when colours do: for anything drawn on a canvas. */
export function useThemeKey(): string {
  return useSyncExternalStore(subscribe, () => `${theme()} ${system.matches}`);
}
