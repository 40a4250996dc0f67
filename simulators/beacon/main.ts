import Router from '@koa/router';
import { z } from 'zod';
import { keepConditions } from '../conditions.ts';
import { serve } from '../serve.ts';
import { chainInfo, latestRound, openChain, signRound } from './chain.ts';
import { allAsked, conditionsSchema, noteAsked, openDatabase } from './database.ts';

/**
 * A randomness beacon of our own that speaks drand's HTTP API, for development and tests: one key, which this process
 * holds, so that its rounds are not unknown to everybody. It can be told to be late, down or wrong.
 */

const settings = z
  .object({
    BEACON_SIMULATOR_PORT: z.coerce.number(),
    BEACON_SIMULATOR_DATA_FILE: z.string(),
    BEACON_SIMULATOR_PERIOD_SECONDS: z.coerce.number().int().min(1),
    BEACON_SIMULATOR_ADMIN_TOKEN: z.string(),
  })
  .parse(process.env);
const db = openDatabase(settings.BEACON_SIMULATOR_DATA_FILE);
const chain = openChain(db, settings.BEACON_SIMULATOR_PERIOD_SECONDS);
const conditions = keepConditions(db, conditionsSchema, () => ({ asked: allAsked(db) }));
const router = new Router();

router.get('/chains', (context) => void (context.body = [chain.hash]));
router.get('/:hash/info', (context) => {
  if (context['params']['hash'] === chain.hash) context.body = chainInfo(chain);
});

/** A round that is not out yet is not found, as with drand's relays. */
router.get('/:hash/public/:round', (context) => {
  const { hash, round: asked } = context['params'] as { hash: string; round: string };
  const { lateMs, wrongSignature } = conditions.read();
  const latest = latestRound(chain, lateMs);
  const round = asked === 'latest' ? latest : z.coerce.number().int().min(1).parse(asked);
  if (hash !== chain.hash) return;
  noteAsked(db, round, round > latest ? 'not out' : wrongSignature ? 'wrong' : 'given');
  if (round >= 1 && round <= latest) context.body = signRound(chain, round, wrongSignature ? round + 1 : round);
});

serve({
  port: settings.BEACON_SIMULATOR_PORT,
  adminToken: settings.BEACON_SIMULATOR_ADMIN_TOKEN,
  before: async (context, next) => {
    if (!context.path.startsWith('/admin/') && conditions.read().down) context.status = 503;
    else await next();
  },
  routers: [conditions.admin, router],
});
