import { z } from 'zod';
import { serve } from '../serve.ts';
import { adminRoutes } from './admin.ts';
import { openDatabase, transact } from './database.ts';
import { nativeKeyMismatch, nativeRoutes, nativeTrouble, refused } from './native.ts';
import { settleDue, type Announce, type PaymentView } from './payments.ts';
import { send } from './strike.ts';
import { stripeError, stripeKeyMismatch, stripeTrouble } from './stripe/errors.ts';
import { stripeRoutes } from './stripe/routes.ts';
import { enqueueWebhooks, startWebhooks } from './webhooks.ts';

/** A payment provider of our own, over HTTP, for development and tests: durable, and told from outside when to fail. */

const settings = z
  .object({
    SIMULATOR_PORT: z.coerce.number(),
    SIMULATOR_DATA_FILE: z.string(),
    SIMULATOR_API_KEY: z.string(),
    SIMULATOR_ADMIN_TOKEN: z.string(),
    SIMULATOR_WEBHOOK_SECRET: z.string(),
    SIMULATOR_WEBHOOK_URLS: z.string().transform((text) => text.split(',').filter(Boolean)),
    /** How the messages are written and signed. */
    SIMULATOR_WEBHOOK_DIALECT: z.enum(['handsel', 'stripe']).default('handsel'),
    /** The platform's own account, which Stripe's dialect does not name. */
    SIMULATOR_STRIPE_ACCOUNT: z.string().default('pool'),
  })
  .parse(process.env);
const db = openDatabase(settings.SIMULATOR_DATA_FILE);
const webhooks = {
  urls: settings.SIMULATOR_WEBHOOK_URLS,
  secret: settings.SIMULATOR_WEBHOOK_SECRET,
  dialect: settings.SIMULATOR_WEBHOOK_DIALECT,
};
const announce: Announce = (payment) =>
  enqueueWebhooks(db, webhooks, { type: `${payment.kind}.${payment.status}`, payment });
const announceDispute = (payment: PaymentView, disputed: string): void =>
  enqueueWebhooks(db, webhooks, { type: 'charge.disputed', payment, disputed });

const DUE_POLL_MS = 200;
const settle = (): void => transact(db, () => settleDue(db, announce));
const dueTimer = setInterval(settle, DUE_POLL_MS);
const stopWebhooks = startWebhooks(db, webhooks);

serve({
  port: settings.SIMULATOR_PORT,
  adminToken: settings.SIMULATOR_ADMIN_TOKEN,
  apiKey: settings.SIMULATOR_API_KEY,
  refuse: (context, status, code, message) =>
    send(
      context,
      context.path.startsWith('/stripe/')
        ? stripeError(status, 'invalid_request_error', message, { code })
        : refused(status, code, message),
    ),
  // Whoever asks sees what is due by now.
  before: async (_, next) => {
    settle();
    await next();
  },
  routers: [
    nativeRoutes({ db, announce, trouble: nativeTrouble, keyMismatch: nativeKeyMismatch }),
    stripeRoutes({
      db,
      announce,
      trouble: stripeTrouble,
      keyMismatch: stripeKeyMismatch,
      account: settings.SIMULATOR_STRIPE_ACCOUNT,
    }),
    adminRoutes({ db, announce, announceDispute }),
  ],
  stop: () => {
    clearInterval(dueTimer);
    stopWebhooks();
  },
});
