import { bodyParser } from '@koa/bodyparser';
import { Redis } from 'ioredis';
import Koa from 'koa';

/**
 * The peer of an instant win: Koa, a parsed body, and one call of Redis that counts down. No token, no schema, no
 * receipt, no odds, and nothing that is left after a restart.
 */

const redis = new Redis(process.env['REDIS_URL'] ?? '');
const app = new Koa();
app.use(bodyParser({ enableTypes: ['json'], parsedMethods: ['PUT'] }));
app.use(async (context) => {
  const left = await redis.decr('bench:left');
  context.body = { outcome: left >= 0 ? 'won' : 'lost', nonce: (context.request as { body?: object }).body };
});
app.listen(Number(process.env['BARE_API_PORT']), '127.0.0.1');
