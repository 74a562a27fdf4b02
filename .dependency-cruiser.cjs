// The import table of docs/ARCHITECTURE.md, section "Layout". A folder not named here imports what it likes.
const EDGES = ['producers', 'bigquery', 'redis-alerts', 'dashboards', 'api', 'otp']
const APART = ['stack', 'examples', 'client', 'bench'] // Used by people and tests, imported by nothing in the product.
const PRODUCT = ['schemas', 'streams', 'processors', ...EDGES, 'platform', 'bin']
const OURS = [...PRODUCT, ...APART, 'test']

const KAFKA_CLIENTS = ['kafkajs', '@platformatic/kafka']
const REGISTRY_CLIENT = '@kafkajs/confluent-schema-registry'

/** What each folder may import of ours besides itself: `values` at run time, `types` by `import type` only. */
const TABLE = {
  schemas: { values: [], types: ['streams'] },
  streams: { values: [], types: ['schemas'] },
  processors: { values: ['schemas', 'streams'], types: [] },
  platform: { values: [], types: ['schemas', 'streams'] },
  client: { values: [], types: ['schemas'] },
  examples: { values: ['schemas', 'streams', 'client'], types: [] },
  stack: { values: ['schemas', 'streams', 'platform'], types: [] },
  ...Object.fromEntries(EDGES.map((edge) => [edge, { values: ['schemas', 'streams', 'platform'], types: [] }])),
}

/** A pattern for the files under any of these folders. */
const under = (...folders) => `^(?:${folders.join('|')})/`
/** A pattern for the installed packages that begin with any of these names. */
const installed = (...names) => `(?:^|/)node_modules/(?:${names.join('|')})`
const without = (folders, ...removed) => folders.filter((folder) => !removed.includes(folder))

const tableRules = Object.entries(TABLE).flatMap(([folder, { values, types }]) => [
  {
    name: `${folder}-imports`,
    comment: `${folder} imports of ours only: ${[folder, ...values, ...types.map((type) => `types of ${type}`)].join(', ')}`,
    severity: 'error',
    from: { path: under(folder) },
    to: { path: under(...without(OURS, folder, ...values, ...types)) },
  },
  ...types.map((type) => ({
    name: `${folder}-imports-only-types-of-${type}`,
    severity: 'error',
    from: { path: under(folder) },
    to: { path: under(type), dependencyTypesNot: ['type-only'] },
  })),
])

/** Only the folders in `owners` import the packages in `names`. */
const owned = (name, names, owners) => ({
  name,
  severity: 'error',
  from: { pathNot: under(...owners, 'test', 'bench') },
  to: { path: installed(...names) },
})

module.exports = {
  forbidden: [
    ...tableRules,
    {
      name: 'processors-are-pure',
      comment: 'A processor is a function of state and record: nothing of Node, nothing from a registry.',
      severity: 'error',
      from: { path: under('processors') },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'processors-know-no-broker',
      severity: 'error',
      from: { path: under('processors') },
      to: { path: under('streams/(?:embedded|kafka|testing)') },
    },
    {
      name: 'runtime-knows-no-broker',
      comment: 'The runtime knows the port (streams/log), never one of its ends.',
      severity: 'error',
      from: { path: under('streams'), pathNot: under('streams/(?:embedded|kafka|testing)') },
      to: { path: under('streams/(?:embedded|kafka|testing)') },
    },
    {
      name: 'brokers-are-apart',
      severity: 'error',
      from: { path: '^streams/(embedded|kafka|testing)/' },
      to: { path: '^streams/(?:embedded|kafka|testing)/', pathNot: '^streams/$1/' },
    },
    owned('lmdb-is-embedded', ['lmdb/'], ['streams/embedded', 'otp']),
    owned('leveldb-is-the-view', ['classic-level/'], ['api/view']),
    owned('kafka-clients-are-apart', KAFKA_CLIENTS, ['streams/kafka', 'producers', 'stack']),
    owned('registry-client-is-schemas', [REGISTRY_CLIENT], ['schemas']),
    owned('logger-and-metrics-are-platform', ['pino/', 'prom-client/'], ['platform']),
    {
      name: 'observables-stay-at-the-edges',
      severity: 'error',
      from: { path: under('schemas', 'streams', 'processors') },
      to: { path: installed('rxjs/') },
    },
    {
      name: 'nothing-imports-bin',
      severity: 'error',
      from: { pathNot: under('bin', 'test', 'bench') },
      to: { path: under('bin') },
    },
    {
      name: 'nothing-imports-test',
      severity: 'error',
      from: { pathNot: [under('test', 'bench'), '^vitest[.]config[.]ts$'] },
      to: { path: under('test') },
    },
    {
      name: 'apart-from-the-product',
      comment: 'The stack, the examples, the client and the benchmarks are imported by nothing in the product.',
      severity: 'error',
      from: { path: under(...PRODUCT) },
      to: { path: under(...APART) },
    },
    {
      name: 'product-needs-no-tool',
      comment:
        'What runs in production stands in dependencies. The hash kernel and the board’s page are compiled before that, in the checkout.',
      severity: 'error',
      from: { path: under(...PRODUCT), pathNot: '^(?:streams/hash/build\\.ts$|dashboards/(?:build-page\\.ts$|page/))' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'package-is-declared',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment: 'What `npm run build` makes need not be there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '(?:^|/)dist/' },
    },
    {
      name: 'no-orphan',
      comment: 'A file that imports nothing and is imported by nothing is left over.',
      severity: 'error',
      from: { orphan: true, pathNot: [under('bin', 'bench', 'test', 'examples'), '^[.]dependency-cruiser[.]cjs$'] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:streams/hash/assembly|dist|dashboards/page/built)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['sluice-source', 'import', 'node', 'default', 'types'],
    },
  },
}
