import assert from 'node:assert/strict';
import { KeepAlive } from '../../../server/gate/ssh/keep-alive.js';
import type { Place } from '../../../server/gate/ssh/keep-alive.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';
import { silentLogger } from '../../support/silent-logger.js';

/** A question every 15 s, four without an answer; the test is the clock, of seconds. */
class Fixture {
  readonly told: string[] = [];
  now = 0;
  readonly all = new KeepAlive({
    settings: { intervalSeconds: 15, countMax: 4 },
    log: silentLogger,
    slices: new Slices({ now: () => 0 }),
  });

  client(id: string, { answers = true } = {}): Place {
    const place = this.all.watch({
      ask: () => {
        this.told.push(`${this.now} ${id} asked`);
        if (answers) this.all.heard(place);
      },
      gone: () => {
        this.told.push(`${this.now} ${id} gone`);
        this.all.forget(place);
      },
    });
    return place;
  }

  /** @param busy called each second */
  async until(second: number, busy: () => void = () => undefined): Promise<readonly string[]> {
    while (this.now < second) {
      this.now += 1;
      await this.all.tick();
      busy();
    }
    return this.told.splice(0);
  }
}

describe('gate/ssh: keeping alive', () => {
  let fixture: Fixture;
  const places: Place[] = [];

  beforeEach(() => {
    fixture = new Fixture();
  });

  afterEach(() => {
    for (const place of places.splice(0)) fixture.all.forget(place);
  });

  it('asks a client that only answers less and less often, at last each minute', async () => {
    places.push(fixture.client('a'));
    assert.deepEqual(await fixture.until(300), [
      '15 a asked',
      '45 a asked',
      '105 a asked',
      '165 a asked',
      '225 a asked',
      '285 a asked',
    ]);
  });

  it('gives up a client that does not answer four questions, a minute after the first', async () => {
    fixture.client('a', { answers: false });
    assert.deepEqual(await fixture.until(200), [
      '15 a asked',
      '30 a asked',
      '45 a asked',
      '60 a asked',
      '75 a gone',
    ]);
  });

  it('gives up one that had answered for long as soon after the first question without an answer', async () => {
    let answers = true;
    const place: Place = fixture.all.watch({
      ask: () => {
        fixture.told.push(`${fixture.now} asked`);
        if (answers) fixture.all.heard(place);
      },
      gone: () => {
        fixture.told.push(`${fixture.now} gone`);
        fixture.all.forget(place);
      },
    });
    await fixture.until(230);
    answers = false;
    assert.deepEqual(await fixture.until(500), [
      '285 asked',
      '300 asked',
      '315 asked',
      '330 asked',
      '345 gone',
    ]);
  });

  it('asks nobody who is heard', async () => {
    const place = fixture.client('a');
    places.push(place);
    assert.deepEqual(
      await fixture.until(200, () => {
        fixture.all.heard(place);
      }),
      [],
    );
    assert.deepEqual(await fixture.until(216), ['215 a asked'], '15 s after it was heard last');
  });

  it('asks again after 15 s of silence when a client that was asked rarely has done something', async () => {
    const place = fixture.client('a');
    places.push(place);
    await fixture.until(230);
    fixture.all.heard(place);
    const asked = await fixture.until(400);
    assert.deepEqual(asked.slice(0, 3), ['245 a asked', '275 a asked', '335 a asked']);
  });

  it('takes an answer to any of the questions', async () => {
    const place = fixture.client('a', { answers: false });
    places.push(place);
    await fixture.until(62);
    fixture.all.heard(place);
    const told = await fixture.until(150);
    assert.ok(!told.includes('75 a gone'), told.join());
  });

  it('asks nobody who has gone', async () => {
    fixture.all.forget(fixture.client('a'));
    assert.deepEqual(await fixture.until(100), []);
  });

  it('looks at each client once though a busy machine has no time for some steps of the clock', async () => {
    const turns: (() => void)[] = [];
    const later = (work: () => void): void => {
      turns.push(work);
    };
    // No slice has time for more than a step.
    let now = 0;
    const all = new KeepAlive({
      settings: { intervalSeconds: 15, countMax: 4 },
      log: silentLogger,
      slices: new Slices({ now: () => (now += 10), later }),
    });
    const asked = new Map<number, number>();
    const clients = Array.from({ length: 40 }, (_, at) =>
      all.watch({
        ask: () => {
          asked.set(at, (asked.get(at) ?? 0) + 1);
        },
        gone: () => undefined,
      }),
    );
    const steps = Array.from({ length: 20 }, () => all.tick());
    assert.ok(turns.length <= 1, `${turns.length} turns at once`);
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
    await Promise.all(steps);
    assert.deepEqual([...asked.values()], new Array(40).fill(1));
    for (const place of clients) all.forget(place);
  });
});
