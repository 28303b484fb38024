import { setTimeout as delay } from 'node:timers/promises';
import { ECHO, FLOODING, SOURCE, SOURCE_BYTES } from './bench-domains.js';
import { Figures } from './figures.js';
import { Load } from './load.js';
import { cpuOf, memoryOf, ownCpuOf, ownMemoryOf } from './server-under-load.js';
import type { ServerUnderLoad } from './server-under-load.js';

/** How much is done. */
export interface Amount {
  readonly logins: number;
  readonly echoes: number;
  /** Menus of Postern that nobody touches. */
  readonly sessions: number;
  /** The same of OpenSSH: each takes some 2 MiB. */
  readonly opensshSessions: number;
  /** For how long it is looked at them. */
  readonly restSeconds: number;
}

/** Measured values by the name of their line. */
export type Values = Readonly<Record<string, number>>;

/** Something to measure on a fresh server. */
export interface Scenario {
  readonly name: string;
  /** Each of its lines with its unit, and what is wanted of the ratio or the value. */
  readonly lines: Readonly<Record<string, readonly [unit: string, wanted: string]>>;
  /** Whether OpenSSH is measured too. */
  readonly compares: boolean;
  run(server: ServerUnderLoad, amount: Amount): Promise<Values>;
}

async function withLoad<T>(work: (load: Load) => Promise<T>): Promise<T> {
  const load = new Load();
  try {
    return await work(load);
  } finally {
    await load.end();
  }
}

const AT_ONCE = 20;

async function loginRate(server: ServerUnderLoad, { logins }: Amount): Promise<Values> {
  return withLoad(async (one) =>
    withLoad(async (other) => {
      const { target } = server;
      await one.ask({ do: 'logins', target, count: AT_ONCE, atOnce: AT_ONCE });
      one.cpuMs = 0;
      const cpu = cpuOf(server);
      const begun = performance.now();
      const share = { do: 'logins', target, count: logins / 2, atOnce: AT_ONCE / 2 } as const;
      await Promise.all([one.ask(share), other.ask(share)]);
      const ms = performance.now() - begun;
      return {
        'logins a second, 20 at once': (logins / ms) * 1000,
        'CPU per login': (cpuOf(server) - cpu) / logins,
        'load generator, of two cores': ((one.cpuMs + other.cpuMs) / ms / 2) * 100,
      };
    }),
  );
}

async function firstByte(server: ServerUnderLoad, { logins }: Amount): Promise<Values> {
  return withLoad(async (load) => {
    const { target } = server;
    await load.ask({ do: 'logins', target, count: 5, atOnce: 1 });
    const took = new Figures(await load.ask({ do: 'logins', target, count: logins, atOnce: 1 }));
    return {
      'connect to first menu byte, p50': took.median,
      'connect to first menu byte, p99': took.at(0.99),
    };
  });
}

async function memory(server: ServerUnderLoad, amount: Amount): Promise<Values> {
  return withLoad(async (load) => {
    const { target } = server;
    const isPostern = server.name === 'postern';
    const count = isPostern ? amount.sessions : amount.opensshSessions;
    const used = (): number => (isPostern ? ownMemoryOf(server) : memoryOf(server));
    await load.ask({ do: 'logins', target, count: AT_ONCE, atOnce: AT_ONCE });
    // A server grows by itself in its first minute: that is not the menus'.
    await delay(amount.restSeconds * 1000);
    const before = used();
    await load.ask({ do: 'keep', target, count });
    const fresh = (used() - before) / count;
    await delay(amount.restSeconds * 1000);
    return { 'memory of a new menu': fresh, 'memory of an idle menu': (used() - before) / count };
  });
}

/** More connections than this go through several processes of the load generator. */
const MENUS_OF_A_LOAD = 10_000;
/** So many are opened by one request, so that none takes long. */
const OPENED_TOGETHER = 500;
const KEYS = 100;
/** After so long without a key all menus rest. Milliseconds. */
const UNTIL_REST_MS = 25_000;

/** Opens menus, in as many processes as it takes. */
async function kept<T>(
  { target }: ServerUnderLoad,
  sessions: number,
  work: (loads: readonly Load[]) => Promise<T>,
): Promise<T> {
  const loads = Array.from({ length: Math.ceil(sessions / MENUS_OF_A_LOAD) }, () => new Load());
  try {
    for (let open = 0; open < sessions; open += OPENED_TOGETHER) {
      const load = loads[Math.floor(open / MENUS_OF_A_LOAD)];
      await load?.ask({ do: 'keep', target, count: Math.min(OPENED_TOGETHER, sessions - open) });
    }
    return await work(loads);
  } finally {
    await Promise.all(loads.map((load) => load.end()));
  }
}

async function idle(server: ServerUnderLoad, amount: Amount): Promise<Values> {
  const { target } = server;
  const { sessions, logins, restSeconds: seconds } = amount;
  const percent = async (): Promise<number> => {
    const before = ownCpuOf(server);
    await delay(seconds * 1000);
    return ((ownCpuOf(server) - before) / seconds / 1000) * 100;
  };
  const login = async (): Promise<{ readonly cpu: number; readonly rate: number }> => {
    const [cpu, begun] = [ownCpuOf(server), performance.now()];
    await withLoad((load) => load.ask({ do: 'logins', target, count: logins, atOnce: 1 }));
    const ms = performance.now() - begun;
    return { cpu: (ownCpuOf(server) - cpu) / logins, rate: (logins / ms) * 1000 };
  };
  const alone = await login();
  const none = await percent();
  const before = ownMemoryOf(server);
  return kept(server, sessions, async (loads) => {
    // Nobody touches them for so long that all of them rest.
    await delay(Math.max(UNTIL_REST_MS, seconds * 1000));
    const many = await percent();
    const memory = ownMemoryOf(server);
    const beside = await login();
    const cpu = ownCpuOf(server);
    const keys: number[] = [];
    for (const load of loads)
      keys.push(...(await load.ask({ do: 'touch', count: Math.ceil(KEYS / loads.length) })));
    const touched = new Figures(keys);
    const perKey = (ownCpuOf(server) - cpu) / keys.length;
    const left = await Promise.all(loads.map((load) => load.ask({ do: 'count' })));
    return {
      'CPU of menus that nobody touches': many - none,
      'CPU of no menus at all': none,
      'memory of both halves': memory / 1024,
      'memory of each of their menus': (memory - before) / sessions,
      'logins a second, none open': alone.rate,
      'logins a second while they are open': beside.rate,
      'CPU per login, none open': alone.cpu,
      'CPU per login while they are open': beside.cpu,
      'CPU per key in one of them': perKey,
      'a key in one of them, p50': touched.median,
      'a key in one of them, worst of 100': touched.worst,
      'menus that were lost': sessions - left.reduce((sum, [count = 0]) => sum + count, 0),
    };
  });
}

async function echoed(server: ServerUnderLoad, count: number): Promise<Figures> {
  const { target } = server;
  return withLoad(async (load) => new Figures(await load.ask({ do: 'echo', target, domain: ECHO, count })));
}

async function echo(server: ServerUnderLoad, { echoes }: Amount): Promise<Values> {
  const took = await echoed(server, echoes);
  return { 'keystroke echo, p50': took.median, 'keystroke echo, p99': took.at(0.99) };
}

async function echoBesideMenus(
  server: ServerUnderLoad,
  { echoes, opensshSessions }: Amount,
): Promise<Values> {
  return withLoad(async (load) => {
    await load.ask({ do: 'keep', target: server.target, count: opensshSessions });
    // What opening them left behind is not theirs.
    await delay(UNTIL_REST_MS);
    const took = await echoed(server, echoes);
    return { 'echo beside open menus, p99': took.at(0.99), 'echo beside open menus, worst': took.worst };
  });
}

function echoBesideFloods(floods: number, what: string) {
  return async (server: ServerUnderLoad, { echoes, opensshSessions }: Amount): Promise<Values> =>
    withLoad(async (load) => {
      if (floods > 1) await load.ask({ do: 'keep', target: server.target, count: opensshSessions });
      for (const domain of FLOODING.slice(0, floods))
        await load.ask({ do: 'flood', target: server.target, domain, watchers: 0 });
      return { [what]: (await echoed(server, echoes)).at(0.99) };
    });
}

/** What another customer's echo takes while the first one makes noise, and how often that one is served meanwhile. */
function echoBesideNoise(make: (server: ServerUnderLoad, load: Load) => Promise<unknown>, what: string) {
  return async (server: ServerUnderLoad, { echoes }: Amount): Promise<Values> =>
    withLoad(async (load) => {
      await make(server, load);
      const took = await echoed(server, echoes);
      return {
        [`echo beside ${what}, p50`]: took.median,
        [`echo beside ${what}, p99`]: took.at(0.99),
        [`echo beside ${what}, worst`]: took.worst,
      };
    });
}

function linesBesideNoise(what: string): Scenario['lines'] {
  return {
    [`echo beside ${what}, p50`]: ['ms', ''],
    [`echo beside ${what}, p99`]: ['ms', 'as alone'],
    [`echo beside ${what}, worst`]: ['ms', ''],
  };
}

const WATCHERS = 100;
/** As many sessions as a customer may open at once. */
const CROWD = 400;

async function source(server: ServerUnderLoad): Promise<Values> {
  return withLoad(async (load) => {
    const before = cpuOf(server);
    const [received = 0, ms = 0] = await load.ask({ do: 'source', target: server.target, domain: SOURCE });
    return {
      'console source': SOURCE_BYTES / 1e6 / (ms / 1000),
      'CPU of a console source': (cpuOf(server) - before) / 1000 / (SOURCE_BYTES / 1e9),
      'console source, received': (received / SOURCE_BYTES) * 100,
    };
  });
}

/** All of them, by the word for `--only`. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'logins',
    compares: true,
    lines: {
      'logins a second, 20 at once': ['1/s', '>= 8x'],
      'CPU per login': ['ms', '<= 0.10'],
      'load generator, of two cores': ['%', 'below 60'],
    },
    run: loginRate,
  },
  {
    name: 'first-byte',
    compares: true,
    lines: {
      'connect to first menu byte, p50': ['ms', '<= 0.06'],
      'connect to first menu byte, p99': ['ms', ''],
    },
    run: firstByte,
  },
  {
    name: 'memory',
    compares: true,
    lines: {
      'memory of a new menu': ['KiB', ''],
      'memory of an idle menu': ['KiB', '<= 0.018'],
    },
    run: memory,
  },
  {
    name: 'idle',
    compares: false,
    lines: {
      'CPU of no menus at all': ['%', ''],
      'CPU of menus that nobody touches': ['%', '<= 2'],
      'memory of both halves': ['MiB', '<= 600'],
      'memory of each of their menus': ['KiB', '<= 40'],
      'logins a second, none open': ['1/s', ''],
      'logins a second while they are open': ['1/s', 'as with none'],
      'CPU per login, none open': ['ms', ''],
      'CPU per login while they are open': ['ms', 'as with none'],
      'CPU per key in one of them': ['ms', ''],
      'a key in one of them, p50': ['ms', ''],
      'a key in one of them, worst of 100': ['ms', '<= 50'],
      'menus that were lost': ['', '0'],
    },
    run: idle,
  },
  {
    name: 'echo',
    compares: true,
    lines: { 'keystroke echo, p50': ['ms', '<= 1.7'], 'keystroke echo, p99': ['ms', '<= 2.2'] },
    run: echo,
  },
  {
    name: 'echo-menus',
    compares: true,
    lines: {
      'echo beside open menus, p99': ['ms', '<= 2.2'],
      'echo beside open menus, worst': ['ms', '<= 3'],
    },
    run: echoBesideMenus,
  },
  {
    name: 'echo-flood',
    compares: true,
    lines: { 'echo p99, one flooding neighbour': ['ms', '<= 1.5'] },
    run: echoBesideFloods(1, 'echo p99, one flooding neighbour'),
  },
  {
    name: 'echo-floods',
    compares: true,
    lines: { 'echo p99, four floods and open menus': ['ms', '<= 1.5'] },
    run: echoBesideFloods(4, 'echo p99, four floods and open menus'),
  },
  ...(
    [
      [
        'echo-storm',
        'four menus full of keys',
        ({ target }, load) => load.ask({ do: 'storm', target, count: 4, everyMs: 2 }),
      ],
      [
        'echo-crowd',
        '400 typing menus of one customer',
        ({ target }, load) => load.ask({ do: 'storm', target, count: CROWD, everyMs: 100 }),
      ],
      [
        'echo-watchers',
        'a flood with 100 watchers',
        ({ target }, load) => load.ask({ do: 'flood', target, domain: FLOODING[0], watchers: WATCHERS }),
      ],
    ] satisfies [string, string, (server: ServerUnderLoad, load: Load) => Promise<unknown>][]
  ).map(([name, what, make]) => ({
    name,
    compares: false,
    lines: linesBesideNoise(what),
    run: echoBesideNoise(make, what),
  })),
  {
    name: 'source',
    compares: true,
    lines: {
      'console source': ['MB/s', '>= 1'],
      'CPU of a console source': ['s/GB', '<= 1.2'],
      'console source, received': ['%', ''],
    },
    run: source,
  },
];
