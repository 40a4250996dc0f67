import { draw } from './draw/measure.ts';
import { entries } from './entries/measure.ts';
import { entriesMillion } from './entries-million/measure.ts';
import { instantWin } from './instant-win/measure.ts';
import { issue } from './issue/measure.ts';
import { ledger } from './ledger/measure.ts';
import { look } from './look/measure.ts';
import type { Measure } from './measure.ts';
import { reconcile } from './reconcile/measure.ts';
import { redeem } from './redeem/measure.ts';
import { redeemScheduled } from './redeem-scheduled/measure.ts';
import { settle } from './settle/measure.ts';
import { winners } from './winners/measure.ts';

/** In the order in which they run when none is named. */
export const MEASURES: readonly Measure[] = [
  ledger,
  redeem,
  redeemScheduled,
  settle,
  reconcile,
  issue,
  entries,
  entriesMillion,
  look,
  instantWin,
  draw,
  winners,
];
