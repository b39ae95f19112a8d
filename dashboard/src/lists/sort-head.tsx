import { nextSort, type Sort } from './order.ts';

/** Of every list that sorts. */
export interface SortProps {
  /** Null: the view's own order. */
  readonly sort: Sort | null;
  readonly onSort: (sort: Sort | null) => void;
}

export interface SortHeadProps extends SortProps {
  readonly name: string;
  readonly isNumber?: boolean;
  readonly className?: string;
}

export interface SortHeadsProps extends SortProps {
  readonly columns: readonly Pick<SortHeadProps, 'name' | 'isNumber' | 'className'>[];
}

/** The head of a column: a button that sorts by it. */
export function SortHead({ name, sort, onSort, isNumber = false, className = '' }: SortHeadProps) {
  const direction = sort?.column === name ? (sort.isDescending ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" aria-sort={direction} className={`${isNumber ? 'number' : ''} ${className}`}>
      <button
        type="button"
        onClick={() => onSort(nextSort(sort, name))}
        className="inline-flex items-center gap-1 rounded hover:text-ink"
      >
        {name}
        <span aria-hidden="true" className={`w-2 ${direction === 'none' ? 'opacity-40' : 'text-accent'}`}>
          {direction === 'none' ? '↕' : direction === 'ascending' ? '↑' : '↓'}
        </span>
      </button>
    </th>
  );
}

/** The heads of a table's columns, all of which sort. */
export function SortHeads({ columns, sort, onSort }: SortHeadsProps) {
  return columns.map(({ name, isNumber, className }) => (
    <SortHead
      key={name}
      name={name}
      sort={sort}
      onSort={onSort}
      isNumber={isNumber ?? false}
      className={className ?? ''}
    />
  ));
}
