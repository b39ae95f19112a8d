/** Line icons, 16 px, in the colour of the text. They never carry a meaning alone. */
const PATHS = {
  check: 'M3 8.5l3.2 3.2L13 4.8',
  warning: 'M8 2.2l6.2 11.3H1.8zM8 6.5v3.2M8 11.6v.2',
  cross: 'M4 4l8 8M12 4l-8 8',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  drain: 'M2.5 3.5h11l-4 5v4l-3 1.5v-5.500z',
  off: 'M8 2v6M4.600 4.200a5 5 0 1 0 6.800 0',
  overview: 'M2 13.500h12M3.500 11V8M7 11V4M10.500 11V6.500M13 11V9',
  backends: 'M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.1M5 11h.1',
  clients:
    'M8 7.500a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400zM2.800 14c.4-3 2.500-4.300 5.200-4.300s4.800 1.300 5.200 4.300',
  limits: 'M2.300 12a6.200 6.200 0 1 1 11.400 0M8 10l3-4.500',
  routes: 'M3 3.500h3c4 0 3 9 7 9M3 12.500h3M10.500 10l2.700 2.500-2.700 2.500M10 3.500h3',
  certificates: 'M3.500 7.500h9v6h-9zM5.500 7.500V5a2.500 2.500 0 0 1 5 0v2.500M8 10v1.300',
  fleet: 'M2.500 2.500h4.500v4.500h-4.500zM9 2.500h4.500v4.500h-4.500zM5.750 9h4.500v4.500h-4.500z',
  events: 'M5.500 4h8M5.500 8h8M5.500 12h8M2.500 4h.1M2.500 8h.1M2.500 12h.1',
  configuration: 'M4 2.500h5.500L12.500 5.500v8h-8.500zM9 2.500V6h3.500M6.200 8.500h4M6.200 11h4',
  sun: 'M8 5.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600zM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M12.600 3.400l-.9.9M4.300 11.700l-.9.9',
  moon: 'M13.300 9.700A5.700 5.700 0 0 1 6.300 2.700a5.700 5.700 0 1 0 7 7z',
  system: 'M2 3h12v8H2zM5.500 13.500h5',
  plus: 'M8 3v10M3 8h10',
  search: 'M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM10.300 10.300L14 14',
  copy: 'M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3',
  keyboard: 'M1.500 4h13v8h-13zM4 6.700h.1M6.700 6.700h.1M9.300 6.700h.1M12 6.700h.1M5 9.500h6',
  leave: 'M9.500 3H3v10h6.500M6.500 8H14M11.500 5.500L14 8l-2.500 2.500',
  more: 'M3.500 8h.1M8 8h.1M12.500 8h.1',
  arrow: 'M3 8h10M9.500 4.500L13 8l-3.500 3.500',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = '' }: { readonly name: IconName; readonly className?: string }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" className={`size-4 shrink-0 ${className}`}>
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
