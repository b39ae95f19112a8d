import type { ButtonHTMLAttributes } from 'react';
import { Icon, type IconName } from './icon.tsx';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'plain' | 'main' | 'danger' | 'quiet';
  readonly icon?: IconName;
  readonly isBusy?: boolean;
}

const LOOKS = {
  plain: 'border border-line bg-surface hover:bg-sunken',
  main: 'border border-accent bg-accent text-accent-ink hover:brightness-110',
  danger: 'border border-bad bg-surface text-bad hover:bg-bad-soft',
  quiet: 'border border-transparent text-muted hover:bg-sunken hover:text-ink',
};

export function Button({ look = 'plain', icon, isBusy = false, children, className = '', ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || isBusy}
      aria-busy={isBusy}
      className={`inline-flex min-h-8 items-center justify-center gap-1.5 rounded-md px-2.5 py-1 text-sm font-medium whitespace-nowrap transition-colors disabled:opacity-60 ${LOOKS[look]} ${className}`}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
