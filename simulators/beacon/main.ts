import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import { z } from 'zod';
import { chainInfo, latestRound, openChain, signRound } from './chain.ts';
import { conditionsSchema, noteAsked, openDatabase, readConditions, setConditions, truth } from './database.ts';

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
const router = new Router();

router.get('/livez', (context) => void (context.body = { status: 'ok' }));
router.get('/readyz', (context) => void (context.body = { status: 'ok' }));
router.get('/chains', (context) => void (context.body = [chain.hash]));
router.get('/:hash/info', (context) => {
  if (context['params']['hash'] === chain.hash) context.body = chainInfo(chain);
});

/** A round that is not out yet is not found, as with drand's relays. */
router.get('/:hash/public/:round', (context) => {
  const { hash, round: asked } = context['params'] as { hash: string; round: string };
  const { lateMs, wrongSignature } = readConditions(db);
  const latest = latestRound(chain, lateMs);
  const round = asked === 'latest' ? latest : z.coerce.number().int().min(1).parse(asked);
  if (hash !== chain.hash) return;
  noteAsked(db, round, round > latest ? 'not out' : wrongSignature ? 'wrong' : 'given');
  if (round >= 1 && round <= latest) context.body = signRound(chain, round, wrongSignature ? round + 1 : round);
});

router.put('/admin/conditions', (context) => {
  setConditions(db, conditionsSchema.parse(context.request.body));
  context.status = 204;
});
router.get('/admin/truth', (context) => void (context.body = truth(db)));

const app = new Koa();
app.use(async (context, next) => {
  const isAdmin = context.path.startsWith('/admin/');
  if (isAdmin && context.get('authorization') !== `Bearer ${settings.BEACON_SIMULATOR_ADMIN_TOKEN}`) {
    context.status = 401;
    return;
  }
  if (!isAdmin && !context.path.endsWith('z') && readConditions(db).down) {
    context.status = 503;
    return;
  }
  try {
    await next();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    context.status = 400;
    context.body = { error: error.message };
  }
});
app.use(bodyParser({ enableTypes: ['json'] })).use(router.routes());

const server = app.listen(settings.BEACON_SIMULATOR_PORT, '127.0.0.1');
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
}
