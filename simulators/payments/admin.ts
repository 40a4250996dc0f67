import Router from '@koa/router';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { setAccountState, viewAccount } from './accounts.ts';
import { advanceClock, nowMs } from './clock.ts';
import { transact } from './database.ts';
import { mixSchema, readMix, setMix } from './fault-mix.ts';
import { addFault, clearFaults, faultSchema, listFaults } from './faults.ts';
import {
  disputeCharge,
  findPayments,
  reverseTransfer,
  settleDue,
  type Announce,
  type PaymentView,
} from './payments.ts';
import { changeSettings, readSettings, settingsSchema } from './settings.ts';
import { fillSettlementFile } from './settlement-file.ts';

/** For whoever runs the tests: what goes wrong, what time it is, and what really happened. */

interface Admin {
  readonly db: DatabaseSync;
  readonly announce: Announce;
  readonly announceDispute: (charge: PaymentView, amount: string) => void;
}

export function adminRoutes(admin: Admin): Router {
  const router = new Router({ prefix: '/admin' });
  faultRoutes(router, admin);
  worldRoutes(router, admin);
  return router;
}

function faultRoutes(router: Router, { db }: Admin): void {
  router.post('/faults', (context) => {
    addFault(db, faultSchema.parse(context.request.body));
    context.status = 204;
  });
  router.get('/faults', (context) => void (context.body = { data: listFaults(db) }));
  router.delete('/faults', (context) => {
    clearFaults(db);
    context.status = 204;
  });
  router.put('/mix', (context) => {
    setMix(db, mixSchema.parse(context.request.body));
    context.status = 204;
  });
  router.get('/mix', (context) => void (context.body = { mix: readMix(db) }));
  router.delete('/mix', (context) => {
    setMix(db, null);
    context.status = 204;
  });
  router.put('/settings', (context) => {
    context.body = changeSettings(db, settingsSchema.parse(context.request.body));
  });
  router.get('/settings', (context) => void (context.body = readSettings(db)));
}

function worldRoutes(router: Router, { db, announce, announceDispute }: Admin): void {
  router.get('/clock', (context) => void (context.body = { now: new Date(nowMs(db)).toISOString() }));
  router.post('/clock', (context) => {
    const { advanceMs } = z.object({ advanceMs: z.number().int().min(0) }).parse(context.request.body);
    const now = transact(db, () => {
      const later = advanceClock(db, advanceMs);
      settleDue(db, announce);
      return later;
    });
    context.body = { now: new Date(now).toISOString() };
  });
  router.post('/accounts/:id/:state', (context) => {
    const { id, state } = z.object({ id: z.string(), state: z.enum(['close', 'open']) }).parse(context['params']);
    setAccountState(db, id, state === 'close' ? 'closed' : 'open');
    context.status = 204;
  });
  router.post('/transfers/:reference/reverse', (context) => {
    const { reference } = z.object({ reference: z.string() }).parse(context['params']);
    context.status = transact(db, () => reverseTransfer(db, reference, announce)) ? 204 : 409;
  });
  router.post('/charges/:reference/dispute', (context) => {
    const { reference } = z.object({ reference: z.string() }).parse(context['params']);
    const { amount } = z.object({ amount: z.string().regex(/^[1-9]\d{0,17}$/) }).parse(context.request.body);
    context.status = transact(db, () => {
      const charge = disputeCharge(db, reference, BigInt(amount));
      if (charge) announceDispute(charge, amount);
      return charge ? 204 : 409;
    });
  });
  router.post('/settlement-file/fill', (context) => {
    fillSettlementFile(
      db,
      z.object({ date: z.iso.date(), lines: z.number().int().min(1).max(1_000_000) }).parse(context.request.body),
    );
    context.status = 204;
  });
  router.get('/truth', (context) => {
    const ids = db
      .prepare('select id from accounts order by id')
      .all()
      .map((row) => String(row['id']));
    context.body = {
      accounts: ids.map((id) => viewAccount(db, id)),
      charges: findPayments(db, 'charge'),
      transfers: findPayments(db, 'transfer'),
    };
  });
  router.get('/truth/:reference', (context) => {
    const { reference } = z.object({ reference: z.string() }).parse(context['params']);
    context.body = { data: findPayments(db, undefined, { reference }) };
  });
}
