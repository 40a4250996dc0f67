import { migrate } from '../../db/migrate.ts';
import { say } from './run.ts';
import { prepareTemporal } from './temporal.ts';

export interface DatabaseUrls {
  readonly giveaway: string;
  readonly giftcard: string;
}

export interface GivenServers {
  readonly databaseUrls?: DatabaseUrls;
  readonly redisUrl?: string;
  readonly temporalAddress?: string;
}

/** Servers of the user's own, for `dev` and `stack`; the other commands always start theirs. */
export function givenServers(): GivenServers {
  const { DATABASE_URL_GIVEAWAY: giveaway, DATABASE_URL_GIFTCARD: giftcard, REDIS_URL, TEMPORAL_ADDRESS } = process.env;
  if (Boolean(giveaway) !== Boolean(giftcard)) {
    throw new Error('Bring both databases or none: DATABASE_URL_GIVEAWAY and DATABASE_URL_GIFTCARD go together.');
  }
  return {
    ...(giveaway && giftcard ? { databaseUrls: { giveaway, giftcard } } : {}),
    ...(REDIS_URL ? { redisUrl: REDIS_URL } : {}),
    ...(TEMPORAL_ADDRESS ? { temporalAddress: TEMPORAL_ADDRESS } : {}),
  };
}

export async function migrateBoth(urls: DatabaseUrls): Promise<DatabaseUrls> {
  for (const name of ['giveaway', 'giftcard'] as const) await migrate(urls[name], name);
  return urls;
}

/** A server of the user's own must have both namespaces and the search attributes; endpoints are made. */
export async function prepareGiven(address: string): Promise<string> {
  await prepareTemporal(address);
  say(`using the Temporal server at ${address}`);
  return address;
}
