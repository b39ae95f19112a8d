/** Short messages at the edge of the page: what was done or failed, with an undo if there is one. */
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react';
import { errorText } from '../api/api-error.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly isError: boolean;
  readonly undo: (() => void) | undefined;
}

export interface Toaster {
  done(text: string, undo?: () => void): void;
  failed(error: unknown): void;
}

/** How long a message is shown, ms; errors stay until closed. */
const SEEN_MS = 8000;
const MOST = 4;

const Context = createContext<Toaster | null>(null);
let lastId = 0;

export function Toasts({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const close = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const toaster = useMemo((): Toaster => {
    const add = (text: string, isError: boolean, undo?: () => void): void => {
      lastId += 1;
      const id = lastId;
      setToasts((all) => [...all.slice(-(MOST - 1)), { id, text, isError, undo }]);
      if (!isError) setTimeout(() => close(id), SEEN_MS);
    };
    return { done: (text, undo) => add(text, false, undo), failed: (error) => add(errorText(error), true) };
  }, [close]);
  return (
    <Context value={toaster}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-end gap-2"
      >
        {toasts.map((toast) => (
          <div
            key={toast.id}
            className="panel pointer-events-auto flex max-w-md items-center gap-3 p-3 text-sm shadow-lg"
          >
            <Icon name={toast.isError ? 'warning' : 'check'} className={toast.isError ? 'text-bad' : 'text-ok'} />
            <span className="whitespace-pre-line">{toast.text}</span>
            {toast.undo && (
              <Button
                onClick={() => {
                  toast.undo?.();
                  close(toast.id);
                }}
              >
                Undo
              </Button>
            )}
            <Button look="quiet" icon="cross" aria-label="Close this message" onClick={() => close(toast.id)} />
          </div>
        ))}
      </div>
    </Context>
  );
}

export function useToasts(): Toaster {
  return useContext(Context)!;
}
