import assert from 'node:assert/strict';
import { OpenMenus } from '../../../server/gate/menu/open-menus.js';
import type { HearingMenu } from '../../../server/gate/menu/open-menus.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';
import { Listeners } from '../../../server/gate/session/listeners.js';
import { FaultScope } from '../../../server/wire/fault-scope.js';
import { silentLogger } from '../../support/silent-logger.js';

/** Menus that note what they hear; a slice has one of them, and waits until the test gives it its turn. */
class Fixture {
  readonly told: string[] = [];
  readonly policy = new Listeners<number>(() => undefined);
  readonly windows = new Listeners<undefined>(() => undefined);
  readonly maintenance = new Listeners<null>(() => undefined);
  /** Settles when no right waits for its check. */
  settled: Promise<void> = Promise.resolve();
  readonly #waiting: (() => void)[] = [];
  #now = 0;
  readonly all = new OpenMenus({
    policy: { onChange: (listener) => this.policy.add(listener) },
    windows: {
      onChange: (listener) =>
        this.windows.add(() => {
          listener();
        }),
    },
    maintenance: { onChange: (listener) => this.maintenance.add(listener) },
    revocation: { settled: () => this.settled },
    log: silentLogger,
    slices: new Slices({
      milliseconds: 1,
      now: () => (this.#now += 1),
      later: (work) => this.#waiting.push(work),
    }),
  });

  menu(id: string, more: Partial<HearingMenu> = {}): HearingMenu {
    const note = (what: string) => (): void => {
      this.told.push(`${id} ${what}`);
    };
    const menu = {
      policyChanged: note('policy'),
      windowsChanged: note('windows'),
      maintenanceChanged: note('maintenance'),
      announced: (text: string) => this.told.push(`${id} ${text}`) > 0,
      ...more,
    };
    this.all.enter(menu);
    return menu;
  }

  /** One turn of the event loop. @returns what was told in it */
  async turn(): Promise<readonly string[]> {
    this.#waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    return this.told.splice(0);
  }
}

describe('the menus that are open', () => {
  let fixture: Fixture;

  beforeEach(() => {
    fixture = new Fixture();
  });

  it('are told of a change one after the other, with turns for everybody else between', async () => {
    for (const id of ['a', 'b', 'c']) fixture.menu(id);
    for (const [change, what] of [
      [() => fixture.policy.emit(2), 'policy'],
      [() => fixture.windows.emit(undefined), 'windows'],
      [() => fixture.maintenance.emit(null), 'maintenance'],
    ] as const) {
      change();
      assert.deepEqual(fixture.told, [], 'none in the turn of the change');
      const told = [await fixture.turn(), await fixture.turn(), await fixture.turn()];
      assert.deepEqual(told, [[`a ${what}`], [`b ${what}`], [`c ${what}`]]);
    }
  });

  it('are told after the rights have ended that the change takes', async () => {
    fixture.menu('a');
    let ended: () => void = () => undefined;
    fixture.settled = new Promise((resolve) => {
      ended = resolve;
    });
    fixture.policy.emit(2);
    assert.deepEqual([await fixture.turn(), await fixture.turn()], [[], []]);
    ended();
    assert.deepEqual(await fixture.turn(), ['a policy']);
  });

  it('are told no more once they have gone', async () => {
    fixture.menu('a');
    const gone = fixture.menu('b');
    fixture.policy.emit(2);
    assert.deepEqual(await fixture.turn(), ['a policy']);
    fixture.all.leave(gone);
    fixture.all.leave(gone);
    assert.deepEqual([await fixture.turn(), await fixture.turn()], [[], []]);
  });

  it('hear when one of them fails, and what they begin belongs to their sessions', async () => {
    const faults: unknown[] = [];
    const scope = new FaultScope((fault) => faults.push(fault));
    const scopes: (FaultScope | undefined)[] = [];
    fixture.menu('a', {
      policyChanged: () => {
        throw new Error('a fault of ours');
      },
    });
    scope.run(() =>
      fixture.menu('b', {
        policyChanged: () => {
          scopes.push(FaultScope.current);
        },
      }),
    );
    fixture.menu('c');
    fixture.policy.emit(2);
    const told = [await fixture.turn(), await fixture.turn(), await fixture.turn()];
    assert.deepEqual(told.flat(), ['c policy']);
    assert.deepEqual(scopes, [scope]);
  });

  it('read announcements in their order, and those who read are counted', async () => {
    fixture.menu('a');
    fixture.menu('b', { announced: () => false });
    const readers = Promise.all([fixture.all.announce('one'), fixture.all.announce('two')]);
    const told: string[] = [];
    while (told.length < 2) told.push(...(await fixture.turn()));
    await fixture.turn();
    await fixture.turn();
    assert.deepEqual(told, ['a one', 'a two']);
    assert.deepEqual(await readers, [1, 1]);
  });
});
