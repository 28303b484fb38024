import assert from 'node:assert/strict';
import { SlicedQueue } from '../../../server/gate/scheduling/sliced-queue.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';
import { SliceTurns } from '../../../server/gate/scheduling/slice-turns.js';
import { FaultScope } from '../../../server/wire/fault-scope.js';

/** Milliseconds of each turn. */
const TURN = 2;

describe('slices of long work', () => {
  let time: number;
  let waiting: (() => void)[];
  let slices: SliceTurns;
  /** Who took a step, in order. Each step takes half a millisecond. */
  let steps: string[];

  function work(name: string, count: number): Promise<void> {
    let left = count;
    return slices.run(() => {
      time += 0.5;
      steps.push(name);
      left -= 1;
      return left > 0;
    }, TURN);
  }

  /** Lets the event loop turn once. @returns the milliseconds of work in it */
  function turn(): number {
    const begun = time;
    for (const each of waiting.splice(0)) each();
    return time - begun;
  }

  beforeEach(() => {
    time = 0;
    waiting = [];
    steps = [];
    slices = new SliceTurns(
      TURN,
      () => time,
      (each) => waiting.push(each),
    );
  });

  it('a hundred who begin together have one slice in each turn, not one each', async () => {
    const names = Array.from({ length: 100 }, (_, at) => `w${at}`);
    const done = Promise.all(names.map((name) => work(name, 9)));
    const took: number[] = [];
    while (waiting.length > 0) took.push(turn());
    await done;
    assert.equal(steps.length, 900, 'all is done');
    assert.ok(Math.max(...took) <= TURN, `the longest turn took ${Math.max(...took)} ms`);
  });

  it('what may begin later waits when its turn has no time left, however it was asked for', async () => {
    const queue = new SlicedQueue(
      new Slices({ milliseconds: TURN, now: () => time, later: (each) => waiting.push(each) }),
      assert.ifError,
    );
    const jobs = Array.from({ length: 100 }, (_, at) => (): void => {
      time += 0.5;
      steps.push(`j${at}`);
    });
    // One after the other in one turn, as timers of many sessions do.
    const begun = time;
    for (const job of jobs) queue.add(job);
    assert.ok(time - begun <= TURN, `${time - begun} ms in the first turn`);
    const took: number[] = [];
    while (waiting.length > 0) took.push(turn());
    assert.deepEqual(
      steps,
      jobs.map((_, at) => `j${at}`),
    );
    assert.ok(Math.max(...took) <= TURN, `the longest turn took ${Math.max(...took)} ms`);
    queue.add(jobs[0] ?? assert.fail());
    assert.equal(steps.length, 101, 'in a turn with time it is done at once');
    await Promise.resolve();
  });

  it('nobody waits for the end of what began before', async () => {
    const long = work('long', 1000);
    const short = work('short', 9);
    let turns = 0;
    let isDone = false;
    const end = short.then(() => (isDone = true));
    for (; !steps.join().endsWith('short') || steps.filter((name) => name === 'short').length < 9; turns += 1)
      turn();
    await end;
    assert.ok(isDone);
    assert.ok(turns <= 6, `${turns} turns`);
    while (waiting.length > 0) turn();
    await long;
  });

  it('a step that throws ends its own work alone', async () => {
    const broken = slices.run(() => {
      throw new Error('broken');
    }, TURN);
    const whole = work('whole', 20);
    while (waiting.length > 0) turn();
    await assert.rejects(broken, /broken/);
    await whole;
    assert.equal(steps.length, 20);
  });

  it('each step runs in the scope of its own work', async () => {
    const answered: string[] = [];
    const runs = ['one', 'other'].map((name) =>
      new FaultScope(() => answered.push(name)).run(() => {
        let left = 10;
        return slices.run(() => {
          time += 0.5;
          FaultScope.take(new Error('a fault'));
          left -= 1;
          return left > 0;
        }, TURN);
      }),
    );
    while (waiting.length > 0) turn();
    await Promise.all(runs);
    assert.deepEqual([...new Set(answered)].sort(), ['one', 'other']);
    assert.equal(answered.filter((name) => name === 'one').length, 10);
  });

  it('everybody in the process shares the turns', async () => {
    let steppedInTurn = 0;
    let most = 0;
    const all = Array.from({ length: 20 }, () => {
      let left = 20;
      return new Slices().run(() => {
        const until = performance.now() + 1;
        while (performance.now() < until);
        steppedInTurn += 1;
        left -= 1;
        return left > 0;
      });
    });
    // Those that begin take one step each; from the next turn on a slice has two steps of a millisecond.
    let isOver = false;
    const end = Promise.all(all).then(() => (isOver = true));
    steppedInTurn = 0;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        most = Math.max(most, steppedInTurn);
        steppedInTurn = 0;
        if (isOver) resolve();
        else setImmediate(look);
      };
      setImmediate(look);
    });
    await end;
    assert.ok(most <= 4, `${most} steps of a millisecond in one turn`);
  });
});
