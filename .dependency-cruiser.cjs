// One row of DESIGN §3 per `room`: what it may import; everything else is an error. main.ts files are the only wiring.
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const value = { dependencyTypesNot: ['type-only'] };
const ours =
  '^(domain|workflows|activities|api|realtime|db|temporal-config|providers|runtime|web|simulators|tests|scripts)/';
const lib = (...names) => names.map((n) => `^node_modules/(@types/)?${n}/`);
/** May import of our own code only `own`; of packages all but `notLibs`. */
const room = (name, own, comment, { notLibs = [], notPath = ['/main[.]ts$'] } = {}) => [
  rule(
    `${name}-imports`,
    comment,
    { path: `^${name}/`, pathNot: notPath },
    { path: ours, pathNot: [`^${name}/`, ...own] },
  ),
  ...(notLibs.length
    ? [rule(`${name}-packages`, comment, { path: `^${name}/`, pathNot: notPath }, { path: lib(...notLibs) })]
    : []),
];
const sql = ['knex', 'objection', 'pg'],
  sockets = ['socket[.]io', '@socket[.]io/[^/]+'],
  http = ['koa', '@koa/[^/]+'],
  temporal = ['@temporalio/[^/]+'];
// Which contexts share a database, and so which the service in front of it may read.
const books = { giveaway: '(identity|wallet|giveaway|notification|media)', giftcard: '(giftcard|vending)' };
module.exports = {
  forbidden: [
    rule('no-cycles', 'A cycle is two modules that are really one.', {}, { circular: true, viaOnly: value }),
    rule('resolvable', 'What cannot be resolved escapes every other rule.', {}, { couldNotResolve: true }),
    rule(
      'domain-is-pure',
      'Rules and types only; a hash or a curve is an argument.',
      { path: '^domain/' },
      { pathNot: '^domain/' },
    ),
    rule(
      'workflows-see-only-pure-code',
      'The sandbox bundles whatever is imported by value.',
      { path: '^workflows/' },
      {
        pathNot: [
          '^workflows/',
          '^domain/',
          '^temporal-config/(activity-profiles|task-queues|search-attributes)[.]ts$',
          ...lib('@temporalio/(workflow|common)', 'nexus-rpc'),
          '^activities/[^/]+/index[.]ts$',
        ],
      },
    ),
    rule(
      'workflows-import-activity-types-only',
      'Call an activity through proxyActivities.',
      { path: '^workflows/' },
      { path: '^activities/', ...value },
    ),
    ...room('db', ['^domain/', '^runtime/'], 'db knows the domain and nothing above it.', {
      notLibs: [...http, ...sockets, ...temporal],
    }),
    ...room('providers', ['^domain/', '^runtime/'], 'The outside world behind ports.', {
      notLibs: [...sql, ...http, ...sockets, ...temporal],
    }),
    ...room('runtime', ['^domain/'], 'What every process needs.', { notLibs: [...sql, ...sockets, ...temporal] }),
    ...room(
      'activities',
      ['^db/', '^domain/', '^providers/', '^runtime/', '^workflows/', '^temporal-config/search-attributes[.]ts$'],
      'An effect: one transaction or one call.',
      { notLibs: [...sql, ...http, ...sockets] },
    ),
    ...room(
      'api',
      [
        '^db/',
        '^domain/',
        '^providers/',
        '^runtime/',
        '^workflows/',
        '^temporal-config/(client|task-queues|search-attributes)[.]ts$',
      ],
      'Parse, authorise, one call, present.',
      { notLibs: [...sql, ...sockets, '@temporalio/(worker|activity|workflow)'] },
    ),
    ...room(
      'realtime',
      ['^domain/', '^runtime/', '^db/outbox/'],
      'Redis to sockets; only the relay reads the outbox.',
      { notLibs: [...sql, ...http, ...temporal], notPath: [] },
    ),
    rule(
      'gateway-knows-no-database',
      'Only the relay reads the outbox.',
      { path: '^realtime/', pathNot: '^realtime/relay[.]ts$' },
      { path: '^db/' },
    ),
    ...room('temporal-config', ['^domain/', '^runtime/', '^workflows/[^/]+/contract[.]ts$'], 'How we run on Temporal.'),
    ...room('web', ['^domain/', '^api/generated/'], 'The generated client, and the rules that a browser checks.'),
    ...room('simulators', [], 'The outside world shares no code with us.', { notPath: [] }),
    rule(
      'nobody-knows-the-outside-world',
      'Simulators are reached by HTTP; tests and scripts are never product code.',
      { path: ours, pathNot: '^(simulators|tests|scripts)/' },
      { path: '^(simulators|tests|scripts)/' },
    ),
    rule(
      'outsiders-use-contracts',
      'Only the contract of a workflow is public; its type may name it.',
      { path: '^(api|activities|temporal-config)/', pathNot: '/main[.]ts$' },
      { path: '^workflows/', pathNot: '^workflows/[^/]+/contract[.]ts$', ...value },
    ),
    rule(
      'workflows-meet-at-contracts',
      'Another context is reached by its contract.',
      { path: '^workflows/([^/]+)/' },
      { path: '^workflows/[^/]+/', pathNot: ['^workflows/$1/', '/contract[.]ts$'] },
    ),
    rule(
      'activities-keep-to-their-context',
      'Another context is reached through a workflow.',
      { path: '^activities/([^/]+)/' },
      { path: '^activities/[^/]+/', pathNot: '^activities/$1/' },
    ),
    rule(
      'activities-use-their-own-tables',
      'Another context is reached through a workflow.',
      { path: '^activities/([^/]+)/' },
      { path: '^db/[^/]+/', pathNot: '^db/($1|ledger|outbox)/' },
    ),
    rule(
      'db-contexts-share-only-the-ledger',
      'No joins across contexts.',
      { path: '^db/([^/]+)/' },
      { path: '^db/[^/]+/', pathNot: '^db/($1|ledger|outbox)/' },
    ),
    rule(
      'services-share-only-http',
      'Two services, two folders.',
      { path: '^api/(giveaway|giftcard)/' },
      { path: '^api/[^/]+/', pathNot: '^api/($1|http)/' },
    ),
    ...Object.entries(books).map(([service, contexts]) =>
      rule(
        `${service}-api-reads-its-own-database`,
        'The other database is another service.',
        { path: `^api/${service}/` },
        { path: '^db/[^/]+/', pathNot: `^db/(${contexts}|ledger|outbox|idempotency|platform)/` },
      ),
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
