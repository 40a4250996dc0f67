import { bodyParser } from '@koa/bodyparser';
import Koa from 'koa';
import pg from 'pg';

/**
 * The peer of a redemption that a batch pays out: Koa, a parsed body, and the transaction itself. No token, no
 * idempotency key, no look-up of the code, no limits, no schema.
 */

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL_GIFTCARD'], max: 20 });
const app = new Koa();
app.use(bodyParser());
app.use(async (context) => {
  const command = {
    ...(context.request as { body?: object }).body,
    settle: 'later',
    actor: 'bench',
    requestId: 'bench',
  };
  const { rows } = await pool.query<{ answer: unknown }>('select redeem_gift_card($1::jsonb) as answer', [
    JSON.stringify(command),
  ]);
  context.status = 201;
  context.body = rows[0]?.answer;
});
app.listen(Number(process.env['BARE_API_PORT']), '127.0.0.1');
