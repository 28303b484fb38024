import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { HalfProcess } from '../../server/cli/demo/half-process.js';
import { Store } from '../../server/store/store.js';
import { publicKeyLine } from '../support/declared.js';
import { writeGateSettings } from '../support/gate-settings-file.js';
import { POSTERN, posternProcess, startPostern } from '../support/postern-command.js';
import { propertyRuns } from '../support/property-runs.js';
import { Random } from '../support/random.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const CUSTOMERS = 150;

describe('postern apply, killed at any moment', function () {
  const { numRuns, seed } = propertyRuns('kills of an apply', 6, 100);
  this.timeout(numRuns * 60_000);
  const random = new Random(seed);
  let directory: TemporaryDirectory;
  let settings: string[];
  let file: string;

  beforeEach(() => {
    directory = new TemporaryDirectory();
    mkdirSync(directory.file('state'), { mode: 0o700 });
    const written = writeGateSettings(directory.path, { state: directory.file('state') });
    const anyPort = { ...(JSON.parse(readFileSync(written, 'utf8')) as object), listen: ['127.0.0.1:0'] };
    settings = ['--settings', directory.write('gate.yaml', JSON.stringify(anyPort))];
    file = directory.file('customers.yaml');
  });
  afterEach(() => {
    directory.dispose();
  });

  /** Declares the customers of a round, and no others. */
  function declare(round: number): void {
    const customers = Array.from({ length: CUSTOMERS }, (_, at) => [
      `r${round}-${at}`,
      { keys: [publicKeyLine()], roles: { [`vm-${at}`]: 'owner' } },
    ]);
    directory.write('customers.yaml', JSON.stringify({ customers: Object.fromEntries(customers) }));
  }

  /** @returns the rounds whose customers are there, each of them whole, as the audit log tells it as well */
  function present(): readonly number[] {
    const store = Store.open(directory.file('state/postern.db'));
    try {
      assert.ok(store.audit.verify().ok);
      const found = new Map<string, { keys: number; roles: number }>();
      for (const { name } of store.customers.list())
        found.set(name, { keys: store.keys.list(name).length, roles: store.roles.of(name).length });
      const told = new Set<string>();
      for (const { event } of store.audit.tail({ limit: 100_000 })) {
        if (event.kind === 'customer.added') told.add(event.customer);
        if (event.kind === 'customer.removed') told.delete(event.customer);
      }
      assert.deepEqual([...found.keys()].sort(), [...told].sort());
      for (const [name, has] of found) assert.deepEqual(has, { keys: 1, roles: 1 }, name);
      const rounds = new Map<number, number>();
      for (const name of found.keys()) {
        const round = Number(/^r(\d+)-/.exec(name)?.[1]);
        rounds.set(round, (rounds.get(round) ?? 0) + 1);
      }
      for (const [round, customers] of rounds) assert.equal(customers, CUSTOMERS, `round ${round} is whole`);
      return [...rounds.keys()];
    } finally {
      store.close();
    }
  }

  const apply = (): string[] => ['apply', file, '--prune', '--yes', ...settings];

  /** Kills it at some moment of an apply that takes about so long. @param took milliseconds */
  async function killAmid(one: { kill(signal: NodeJS.Signals): unknown }, took: number): Promise<void> {
    await pause((took * (20 + random.below(90))) / 100);
    one.kill('SIGKILL');
  }

  /** @returns milliseconds that a whole apply takes */
  async function applied(round: number): Promise<number> {
    declare(round);
    const began = performance.now();
    const { status, stderr } = await posternProcess(apply());
    const took = performance.now() - began;
    assert.equal(status, 0, stderr);
    assert.deepEqual(present(), [round]);
    return took;
  }

  it('by its own process leaves all of it or nothing', async () => {
    const took = await applied(0);
    let before = 0;
    let made = 0;
    for (let round = 1; round <= numRuns; round += 1) {
      declare(round);
      const running = startPostern(apply());
      const ended = once(running, 'close');
      await killAmid(running, took);
      await ended;
      const [now, ...others] = present();
      assert.deepEqual(others, []);
      assert.ok(now === before || now === round, `round ${round}: ${now}`);
      if (now === round) made += 1;
      before = now;
    }
    process.stdout.write(`  ${made} of ${numRuns} were made before the kill\n`);
    await applied(numRuns + 1);
  });

  it('by a gate leaves all of it or nothing, and the gate starts again', async () => {
    const log = directory.file('gate.log');
    const took = await applied(0);
    let before = 0;
    let made = 0;
    for (let round = 1; round <= numRuns; round += 1) {
      const gate = new HalfProcess('gate', POSTERN, ['gate', ...settings], log);
      try {
        await gate.ready();
        declare(round);
        const running = posternProcess(apply());
        await killAmid(gate, took);
        await gate.exited;
        const { status } = await running;
        const [now, ...others] = present();
        assert.deepEqual(others, []);
        assert.ok(now === before || now === round, `round ${round}: ${now}`);
        if (status === 0) assert.equal(now, round, 'what was told is kept');
        if (now === round) made += 1;
        before = now;
      } finally {
        gate.kill('SIGKILL');
        await gate.exited;
      }
    }
    process.stdout.write(`  ${made} of ${numRuns} were made before the kill\n`);
    await applied(numRuns + 1);
  });
});
