// Who may import whom: docs/architecture.md in a form that fails. tests/house/ holds one violation per rule.
// A `room` names what its folder may import of ours; everything else is an error. Only the wiring may import anything.
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const value = { dependencyTypesNot: ['type-only'] };
const product = '^(domain|workflows|activities|api|realtime|db|temporal-config|providers|runtime|web)/';
const ours =
  '^(domain|workflows|activities|api|realtime|db|temporal-config|providers|runtime|web|simulators|tests|scripts)/';
const wiring = '^(api/(giveaway|giftcard)|temporal-config)/main[.]ts$';
const lib = (...names) => names.map((name) => `^node_modules/(@types/)?${name}/`);
const sql = ['knex', 'objection', 'pg'];
const sockets = ['socket[.]io', '@socket[.]io/[^/]+'];
const http = ['koa', '@koa/[^/]+'];
const temporal = ['@temporalio/[^/]+'];

/** Of our own code only `own`; of packages all but `notLibs`. */
const room = (name, own, comment, notLibs) => [
  rule(
    `${name}-imports`,
    comment,
    { path: `^${name}/`, pathNot: wiring },
    { path: ours, pathNot: [`^${name}/`, ...own] },
  ),
  rule(`${name}-packages`, comment, { path: `^${name}/`, pathNot: wiring }, { path: lib(...notLibs) }),
];

/** Of `temporal-config/` these are plain tables and names, for whoever speaks to Temporal. */
const tables = (...names) => `^temporal-config/(${names.join('|')})[.]ts$`;

// Which contexts share a database, and so which the service in front of it may read.
const books = { giveaway: '(identity|wallet|giveaway|notification|media)', giftcard: '(giftcard|vending)' };

module.exports = {
  forbidden: [
    rule('no-cycles', 'A cycle is two modules that are really one.', {}, { circular: true, viaOnly: value }),
    rule('resolvable', 'What cannot be resolved escapes every other rule.', {}, { couldNotResolve: true }),
    rule(
      'product-runs-without-dev-packages',
      'Production installs no dev dependencies.',
      { path: [product, '^simulators/'] },
      { dependencyTypes: ['npm-dev'], ...value },
    ),

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
          tables('activity-profiles', 'search-attributes', 'task-queues'),
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
    ...room('db', ['^domain/', '^runtime/'], 'db knows the domain and nothing above it.', [
      ...http,
      ...sockets,
      ...temporal,
    ]),
    ...room('providers', ['^domain/', '^runtime/'], 'The outside world behind ports.', [
      ...sql,
      ...http,
      ...sockets,
      ...temporal,
    ]),
    ...room('runtime', ['^domain/'], 'What every process needs.', [...sql, ...http, ...sockets, ...temporal]),
    ...room(
      'activities',
      ['^db/', '^domain/', '^providers/', '^runtime/', '^workflows/', tables('search-attributes', 'task-queues')],
      'An effect: one transaction or one call.',
      [...sql, ...http, ...sockets],
    ),
    ...room(
      'api',
      [
        '^db/',
        '^domain/',
        '^providers/',
        '^runtime/',
        '^workflows/',
        tables('client', 'search-attributes', 'task-queues'),
      ],
      'Parse, authorise, one call, present.',
      [...sql, ...sockets, '@temporalio/(worker|activity|workflow)'],
    ),
    ...room(
      'realtime',
      ['^domain/', '^runtime/', '^db/outbox/', '^db/connect[.]ts$'],
      'Redis to sockets; only the relay reads the outbox.',
      [...sql, ...http, ...temporal],
    ),
    rule(
      'gateway-knows-no-database',
      'Only the relay reads the outbox.',
      { path: '^realtime/', pathNot: '^realtime/relay[.]ts$' },
      { path: '^db/' },
    ),
    ...room(
      'temporal-config',
      ['^domain/', '^runtime/', '^workflows/[^/]+/[a-z.-]*contract[.]ts$'],
      'How we run on Temporal.',
      [...sql, ...http, ...sockets],
    ),
    ...room('web', ['^domain/', '^api/generated/'], 'The generated client, and the rules that a browser checks.', [
      ...sql,
      ...http,
      ...sockets,
      ...temporal,
    ]),
    ...room('simulators', [], 'The outside world shares no code with us.', [...sql, ...sockets, ...temporal]),

    rule(
      'connections-are-made-in-main',
      'A database is handed over, so that a test can hand over its own.',
      { path: product, pathNot: [wiring, '^db/'] },
      { path: '^db/(connect|migrate)[.]ts$', ...value },
    ),
    rule('mains-are-not-imported', 'A main starts a process when it is loaded.', { path: product }, { path: wiring }),
    rule(
      'simulators-are-reached-by-http',
      'What is faked stays outside of the process.',
      { path: ours, pathNot: '^simulators/' },
      { path: '^simulators/' },
    ),
    rule(
      'product-knows-no-tests-or-scripts',
      'Tests and scripts are never product code.',
      { path: product },
      { path: '^(tests|scripts)/' },
    ),
    rule('scripts-know-no-tests', 'A command does not need its tests.', { path: '^scripts/' }, { path: '^tests/' }),

    rule(
      'outsiders-use-contracts',
      'Only the contract of a workflow is public; its type may name it.',
      { path: '^(api|activities|temporal-config)/', pathNot: wiring },
      { path: '^workflows/', pathNot: '^workflows/[^/]+/[a-z.-]*contract[.]ts$', ...value },
    ),
    rule(
      'workflows-meet-at-contracts',
      'Another context is reached by its contract.',
      { path: '^workflows/([^/]+)/' },
      { path: '^workflows/[^/]+/', pathNot: ['^workflows/$1/', '[/.]contract[.]ts$'] },
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
    rule(
      'http-serves-any-service',
      'What all routes share knows none of them.',
      { path: '^api/http/' },
      { path: '^api/(giveaway|giftcard)/' },
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
    // As Node resolves an import; the default asks for what require() would get.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
    exclude: { path: '^(web/dist|coverage|[.]handsel)/' },
  },
};
