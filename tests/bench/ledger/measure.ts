import type { Figure, Measure } from '../measure.ts';
import { measureFullTable } from './full-table.ts';
import { measureHotAccount } from './hot-account.ts';
import { measureReserve } from './reserve.ts';

export const ledger: Measure = {
  name: 'ledger',
  summary: 'money commands: escrow reserve against pgbench, one hot account, a table of ten million transfers',
  run: async (bench): Promise<readonly Figure[]> => [
    ...(await measureReserve(bench)),
    ...(await measureHotAccount(bench)),
    ...(await measureFullTable(bench)),
  ],
};
