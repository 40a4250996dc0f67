import { ledger } from './ledger/measure.ts';
import type { Measure } from './measure.ts';

/** In the order in which they run when none is named. */
export const MEASURES: readonly Measure[] = [ledger];
