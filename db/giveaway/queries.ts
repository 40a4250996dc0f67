import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';
import { Award, Giveaway } from './model.ts';

/** The row of a giveaway that anybody may see, or its host before it is public. */
export const findVisibleGiveaway = (db: Db, id: string, viewerId?: string): Promise<Giveaway | undefined> =>
  Promise.resolve(
    Giveaway.query(db)
      .findById(id)
      .where((query) => void query.whereNotNull('published_at').orWhere({ host_id: viewerId ?? null })),
  );

/** A host's giveaways, newest first: one more than the page holds, if there are as many. */
export function listGiveaways(db: Db, hostId: string, page: Page): Promise<ListedGiveaway[]> {
  const query = db('giveaways').where({ host_id: hostId }).select('id', 'title', 'state', 'closes_at', 'failure_code');
  newestFirst(query, 'giveaways', page);
  return query;
}

type ListedGiveaway = Pick<Giveaway, 'id' | 'title' | 'state' | 'closes_at' | 'failure_code'>;

/** A prize with its name, and how far it has come. The address stays in its row. */
const WON = '[prize.group, delivery(withoutAddress)]';

/** What a participant has won, newest first. */
export const listAwards = (db: Db, participantId: string): Promise<Award[]> =>
  Promise.resolve(
    Award.query(db)
      .where({ participant_id: participantId })
      .orderBy('created_at', 'desc')
      .withGraphFetched(WON)
      .limit(100),
  );

export const findAward = (db: Db, id: string, participantId: string): Promise<Award | undefined> =>
  Promise.resolve(Award.query(db).findById(id).where({ participant_id: participantId }).withGraphFetched(WON));
