import type { ButtonHTMLAttributes } from 'react';
import { Icon, type IconName } from './icon.tsx';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'plain' | 'main' | 'danger' | 'quiet';
  readonly icon?: IconName;
  readonly isBusy?: boolean;
  /** For rows of dense tables: lower, except where fingers point. */
  readonly isDense?: boolean;
}

const LOOKS = {
  plain: 'border border-line bg-surface hover:bg-sunken',
  main: 'border border-accent bg-accent text-accent-ink hover:brightness-110',
  danger: 'border border-bad bg-surface text-bad hover:bg-bad-soft',
  quiet: 'border border-transparent text-muted hover:bg-sunken hover:text-ink',
};

export function Button({
  look = 'plain',
  icon,
  isBusy = false,
  isDense = false,
  children,
  className = '',
  ...rest
}: ButtonProps) {
  const size = isDense ? 'min-h-6 px-1.5 pointer-coarse:min-h-8' : 'min-h-8 px-2.5 py-1';
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || isBusy}
      aria-busy={isBusy}
      className={`inline-flex items-center justify-center gap-1.5 rounded-md text-sm font-medium whitespace-nowrap transition-colors disabled:opacity-60 ${size} ${LOOKS[look]} ${className}`}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
