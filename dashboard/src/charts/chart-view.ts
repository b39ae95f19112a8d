/** What the charts of a row share: the part of the time that they show, and the moments marked in it. */
import { createContext, useContext } from 'react';
import type { Extent } from './zoom.ts';

export interface ChartMark {
  /** Seconds since the epoch. */
  readonly at: number;
  /** Name of a custom property of styles.css. */
  readonly color: string;
  readonly text: string;
}

export interface ChartView {
  /** Null: all. */
  readonly zoom: Extent | null;
  /** What a pointer has marked. */
  readonly onSelect: (one: number, other: number) => void;
  readonly onReset: () => void;
  readonly marks: readonly ChartMark[];
}

const NOTHING = (): void => undefined;

export const ChartViewContext = createContext<ChartView>({
  zoom: null,
  onSelect: NOTHING,
  onReset: NOTHING,
  marks: [],
});

export function useChartView(): ChartView {
  return useContext(ChartViewContext);
}
