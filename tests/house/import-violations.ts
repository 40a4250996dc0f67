/** File name → its text. */
export type Tree = Readonly<Record<string, string>>;

const imports = (target: string): string => `import { x } from '${target}';\nexport const y = x;\n`;
const importsType = (target: string): string => `import type { x } from '${target}';\nexport type Y = typeof x;\n`;
const leaf = 'export const x = 1;\n';

/** One file imports what it may not. */
const breach = (from: string, to: string): Tree => {
  const up = '../'.repeat(from.split('/').length - 1) || './';
  return { [from]: imports(`${up}${to}`), [to]: leaf };
};
const breachOfPackage = (from: string, name: string): Tree => ({ [from]: imports(name) });

/** Rule → the smallest trees that break it, and no other rule. */
export const VIOLATIONS: Readonly<Record<string, readonly Tree[]>> = {
  'no-cycles': [
    { 'db/wallet/one.ts': imports('./two.ts'), 'db/wallet/two.ts': `export { y as x } from './one.ts';\n` },
  ],
  resolvable: [{ 'db/wallet/one.ts': imports('./missing.ts') }],
  'product-runs-without-dev-packages': [
    breachOfPackage('runtime/log.ts', 'vitest'),
    breachOfPackage('simulators/payments/main.ts', 'vitest'),
  ],

  'domain-is-pure': [
    breach('domain/money.ts', 'runtime/crypto.ts'),
    breachOfPackage('domain/money.ts', 'zod'),
    breachOfPackage('domain/money.ts', 'node:crypto'),
    { 'domain/money.ts': importsType('../db/wallet/accounts.ts'), 'db/wallet/accounts.ts': leaf },
  ],
  'workflows-see-only-pure-code': [
    breach('workflows/wallet/fund-wallet.ts', 'db/wallet/fund-wallet.ts'),
    breach('workflows/wallet/fund-wallet.ts', 'temporal-config/client.ts'),
    breachOfPackage('workflows/wallet/fund-wallet.ts', 'zod'),
    breachOfPackage('workflows/wallet/fund-wallet.ts', 'node:crypto'),
    breachOfPackage('workflows/wallet/fund-wallet.ts', '@temporalio/client'),
  ],
  'workflows-import-activity-types-only': [breach('workflows/wallet/fund-wallet.ts', 'activities/wallet/index.ts')],

  'db-imports': [
    breach('db/wallet/fund-wallet.ts', 'providers/payments/port.ts'),
    breach('db/wallet/main.ts', 'api/http/errors.ts'),
  ],
  'db-packages': [
    breachOfPackage('db/wallet/fund-wallet.ts', 'koa'),
    breachOfPackage('db/wallet/fund-wallet.ts', '@temporalio/common'),
  ],
  'providers-imports': [breach('providers/payments/http.ts', 'db/wallet/accounts.ts')],
  'providers-packages': [
    breachOfPackage('providers/payments/http.ts', 'knex'),
    breachOfPackage('providers/payments/http.ts', '@temporalio/activity'),
  ],
  'runtime-imports': [breach('runtime/log.ts', 'db/errors.ts')],
  'runtime-packages': [breachOfPackage('runtime/health.ts', 'pg'), breachOfPackage('runtime/health.ts', 'socket.io')],
  'activities-imports': [
    breach('activities/wallet/fund-wallet.ts', 'api/http/errors.ts'),
    breach('activities/wallet/fund-wallet.ts', 'temporal-config/client.ts'),
  ],
  'activities-packages': [
    breachOfPackage('activities/wallet/fund-wallet.ts', 'knex'),
    breachOfPackage('activities/wallet/fund-wallet.ts', '@socket.io/redis-streams-adapter'),
  ],
  'api-imports': [
    breach('api/giveaway/claims.ts', 'activities/giveaway/claim-prize.ts'),
    breach('api/giveaway/claims.ts', 'realtime/rooms.ts'),
    breach('api/giveaway/claims.ts', 'temporal-config/worker.ts'),
  ],
  'api-packages': [
    breachOfPackage('api/giveaway/claims.ts', 'objection'),
    breachOfPackage('api/giveaway/claims.ts', 'socket.io'),
    breachOfPackage('api/giveaway/claims.ts', '@temporalio/worker'),
  ],
  'realtime-imports': [
    breach('realtime/relay.ts', 'db/giveaway/queries.ts'),
    breach('realtime/gateway.ts', 'temporal-config/client.ts'),
  ],
  'realtime-packages': [
    breachOfPackage('realtime/gateway.ts', '@temporalio/client'),
    breachOfPackage('realtime/gateway.ts', 'pg'),
  ],
  'gateway-knows-no-database': [breach('realtime/gateway.ts', 'db/outbox/read-events.ts')],
  'temporal-config-imports': [breach('temporal-config/worker.ts', 'activities/wallet/index.ts')],
  'temporal-config-packages': [breachOfPackage('temporal-config/worker.ts', 'koa')],
  'web-imports': [breach('web/live.ts', 'runtime/log.ts'), breach('web/live.ts', 'api/giveaway/claims.ts')],
  'web-packages': [breachOfPackage('web/live.ts', 'socket.io')],
  'simulators-imports': [breach('simulators/payments/main.ts', 'domain/money.ts')],
  'simulators-packages': [breachOfPackage('simulators/payments/main.ts', 'pg')],

  'connections-are-made-in-main': [
    breach('api/giveaway/app.ts', 'db/connect.ts'),
    breach('activities/wallet/index.ts', 'db/migrate.ts'),
  ],
  'mains-are-not-imported': [breach('api/giveaway/app.ts', 'api/giveaway/main.ts')],
  'simulators-are-reached-by-http': [breach('tests/payments/refusal.int.test.ts', 'simulators/payments/faults.ts')],
  'product-knows-no-tests-or-scripts': [
    { 'api/giveaway/main.ts': imports('../../tests/support/database.ts'), 'tests/support/database.ts': leaf },
    { 'temporal-config/main.ts': imports('../scripts/stack/stack.ts'), 'scripts/stack/stack.ts': leaf },
  ],
  'scripts-know-no-tests': [breach('scripts/stack/stack.ts', 'tests/support/stack.ts')],

  'outsiders-use-contracts': [
    breach('api/giveaway/claims.ts', 'workflows/giveaway/claim-prize.ts'),
    breach('activities/giveaway/nexus.ts', 'workflows/giveaway/claim-prize.ts'),
  ],
  'workflows-meet-at-contracts': [
    breach('workflows/giveaway/claim-prize.ts', 'workflows/giftcard/assign-gift-card.ts'),
  ],
  'activities-keep-to-their-context': [
    breach('activities/giveaway/claim-prize.ts', 'activities/wallet/hold-wallet.ts'),
  ],
  'activities-use-their-own-tables': [breach('activities/giveaway/claim-prize.ts', 'db/wallet/hold-wallet.ts')],
  'db-contexts-share-only-the-ledger': [breach('db/giveaway/claim-prize.ts', 'db/wallet/accounts.ts')],
  'services-share-only-http': [breach('api/giveaway/claims.ts', 'api/giftcard/gift-cards.ts')],
  'http-serves-any-service': [breach('api/http/create-app.ts', 'api/giveaway/claims.ts')],
  'giveaway-api-reads-its-own-database': [breach('api/giveaway/claims.ts', 'db/giftcard/queries.ts')],
  'giftcard-api-reads-its-own-database': [breach('api/giftcard/gift-cards.ts', 'db/wallet/accounts.ts')],
};

/** What each room is for: no rule may object. */
export const PERMITTED: Tree = {
  'domain/money.ts': leaf,
  'runtime/log.ts': imports('../domain/money.ts'),
  'db/connect.ts': breachOfPackage('db/connect.ts', 'knex')['db/connect.ts'] ?? '',
  'db/ledger/apply-transfers.ts': importsType('../connect.ts'),
  'db/outbox/read-events.ts': importsType('../connect.ts'),
  'db/wallet/fund-wallet.ts': imports('../ledger/apply-transfers.ts'),
  'providers/payments/port.ts': imports('../../domain/money.ts'),
  'temporal-config/task-queues.ts': leaf,
  'workflows/wallet/contract.ts': imports('../../temporal-config/task-queues.ts'),
  'workflows/wallet/fund-wallet.ts': `${importsType('../../activities/wallet/index.ts')}import { z } from '@temporalio/workflow';\nexport const x = z;\n`,
  'activities/wallet/fund-wallet.ts': imports('../../db/wallet/fund-wallet.ts'),
  'activities/wallet/index.ts': imports('./fund-wallet.ts'),
  'activities/wallet/nexus.ts': imports('../../workflows/wallet/contract.ts'),
  'api/http/errors.ts': imports('koa'),
  'api/giveaway/fund-wallet.ts': `${imports('../../workflows/wallet/contract.ts')}export * from '../http/errors.ts';\n`,
  'api/giveaway/wallets.ts': imports('../../db/wallet/fund-wallet.ts'),
  'api/giveaway/main.ts': `${imports('../../db/connect.ts')}export * from './wallets.ts';\n`,
  'realtime/relay.ts': `${importsType('../db/connect.ts')}export * from '../db/outbox/read-events.ts';\n`,
  'realtime/gateway.ts': imports('socket.io'),
  'temporal-config/main.ts': `${imports('../realtime/gateway.ts')}export * from '../activities/wallet/index.ts';\n`,
  'web/live.ts': imports('../domain/money.ts'),
  'simulators/payments/main.ts': imports('koa'),
  'scripts/stack/stack.ts': imports('../../db/connect.ts'),
  'tests/support/stack.ts': imports('../../scripts/stack/stack.ts'),
};
