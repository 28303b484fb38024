/**
 * docs/design.md, Rooms: who may import whom. A room may import only what its row lists, and each outside package
 * that is dangerous or heavy has one home.
 */
const rooms = 'policy|config|menus|server/(wire|dom0|store|gate|cli|simulator|package)';

/** A room may import, of ours, only itself and what `allowed` names. */
const room = (name, allowed) => ({
  name: `${name.replace('/', '-')}-imports`,
  comment: `${name} may import of ours: ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}`,
  severity: 'error',
  from: { path: `^${name}/` },
  to: { path: `^(${rooms}|server/postern)`, pathNot: `^(${[name, ...allowed].join('|')})/` },
});

/** An outside package may be imported only from `homes` (a regular expression over paths). */
const home = (pkg, homes) => ({
  name: `${pkg.replaceAll('/', '-')}-home`,
  comment: `${pkg} is imported only from ${homes}`,
  severity: 'error',
  from: { pathNot: homes },
  to: { path: `(^|/)node_modules/(@types/)?${pkg}/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-circular-rooms',
      comment: 'rooms have an order: of two, at most one imports the other, also by way of others',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot:
          '^(server/(postern|package/command|prepare-start|watch-programs|simulator/.*|dom0/.*worker)\\.ts)$',
      },
      to: {},
    },
    room('policy', []),
    room('config', ['policy', 'server/wire']),
    room('menus', ['policy']),
    room('server/wire', ['policy']),
    room('server/dom0', ['server/wire', 'policy']),
    room('server/store', ['policy', 'server/wire']),
    room('server/gate', ['server/wire', 'policy', 'menus', 'server/store']),
    room('server/simulator', []),
    room('server/package', ['server/cli/command', 'server/cli/installation']),
    {
      name: 'policy-names-and-types-only',
      comment: 'menus, wire and dom0 take names, types and what prints of policy, never its evaluator',
      severity: 'error',
      from: { path: '^(menus|server/wire|server/dom0)/' },
      to: {
        path: '^policy/',
        pathNot:
          '^policy/(actions|roles|names|domain-state|guest-type|refusal|boot-parameter|escape-key|key-types|printable)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'assumed-signature-home',
      comment: 'a signature is assumed only where an admin asks what would happen',
      severity: 'error',
      from: { pathNot: '^server/gate/control/login-forecast\\.ts$' },
      to: { path: '^server/gate/ssh/assumed-signature\\.ts$' },
    },
    home('ajv', '^(policy|config|server/wire|server/dom0)/'),
    home('yaml', '^config/'),
    home('blessed', '^menus/blessed-screen\\.ts$'),
    home('node-pty', '^server/(dom0/process/pty|cli/installation/modules)\\.ts$'),
    home('@xterm', '^server/dom0/screens/'),
    home('better-sqlite3', '^server/(store/(connection|database|file-lock)|cli/installation/modules)\\.ts$'),
    home('prom-client', '^server/gate/metrics/'),
    home('ssh2', '^server/(gate/|cli/installation/modules\\.ts$)'),
    home('commander', '^server/cli/'),
    home('pino', '^server/(cli|gate|dom0)/'),
    home('esbuild', '^server/program-bundles\\.ts$'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js'],
    },
  },
};
