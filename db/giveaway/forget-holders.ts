import type { Db } from '../connect.ts';

/** Erased people whom the giftcard domain may still know something of, in the order of their ids. */
export const holdersToForget = (
  db: Db,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<string[]> => {
  const query = db('users').whereNotNull('erased_at').whereNull('holder_forgotten_at').orderBy('id').limit(limit);
  if (after !== null) void query.where('id', '>', after);
  return query.pluck<string[]>('id');
};

/** Safe to repeat. */
export const markHoldersForgotten = async (db: Db, userIds: readonly string[]): Promise<void> =>
  void (await db('users')
    .whereIn('id', userIds)
    .whereNotNull('erased_at')
    .whereNull('holder_forgotten_at')
    .update({ holder_forgotten_at: db.raw('clock_timestamp()') }));
