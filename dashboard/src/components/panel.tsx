import type { ReactNode } from 'react';

export interface PanelProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Tables extend to the edge. */
  readonly isFlush?: boolean;
}

export function Panel({ title, actions, children, isFlush = false }: PanelProps) {
  return (
    <section className="panel min-w-0" aria-label={title}>
      <header className="flex min-h-12 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-2">
        <h2 className="text-sm font-semibold">{title}</h2>
        {actions}
      </header>
      <div className={isFlush ? 'relative overflow-x-auto' : 'p-4'}>{children}</div>
    </section>
  );
}

/** Header of a view: its title and its actions. */
export function ViewHead({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <header className="flex min-h-9 flex-wrap items-center justify-between gap-3">
      <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
      <div className="flex flex-wrap items-center gap-2 empty:hidden max-sm:w-full">{children}</div>
    </header>
  );
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="px-4 py-8 text-center text-sm text-muted">{children}</p>;
}

export function ErrorNote({ children }: { readonly children: ReactNode }) {
  return (
    <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm whitespace-pre-line text-bad">
      {children}
    </p>
  );
}
