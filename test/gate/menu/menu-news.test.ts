import assert from 'node:assert/strict';
import { MenuNews } from '../../../server/gate/menu/menu-news.js';
import type { News } from '../../../server/gate/menu/menu-news.js';

/** The test takes the steps of the slices and of the background. */
class Fixture {
  readonly told: string[] = [];
  readonly slices: (() => boolean)[] = [];
  readonly background: (() => boolean)[] = [];
  readonly news = new MenuNews<ReturnType<Fixture['menu']>>(
    {
      run: (step) => {
        this.slices.push(step);
        return Promise.resolve();
      },
    },
    {
      run: (step) => {
        this.background.push(step);
      },
    },
  );

  menu(id: string): { tell: (what: News) => void } {
    return {
      tell: (what) => {
        this.told.push(`${id} ${what}`);
      },
    };
  }

  /** Takes all steps. @returns what the menus heard */
  end(lane: 'slices' | 'background'): readonly string[] {
    for (const step of this[lane].splice(0)) while (step());
    return this.told.splice(0);
  }
}

describe('the news of menus', () => {
  let fixture: Fixture;

  beforeEach(() => {
    fixture = new Fixture();
  });

  it('do not pile up on a machine that has no time: each menu hears each thing once', () => {
    const menus = Array.from({ length: 50 }, (_, at) => fixture.menu(`m${at}`));
    for (let second = 0; second < 100; second += 1) {
      fixture.news.tell(menus, 'timePassed');
      fixture.news.tell(menus, 'changed');
    }
    assert.deepEqual([fixture.slices.length, fixture.background.length], [1, 1]);
    assert.equal(fixture.end('slices').length, 50);
    assert.equal(fixture.end('background').length, 50);
  });

  it('are told again after they were told', () => {
    const one = fixture.menu('one');
    for (let at = 0; at < 2; at += 1) {
      fixture.news.tell([one], 'changed');
      assert.deepEqual(fixture.end('slices'), ['one changed']);
    }
  });

  it('of ages and rests wait in the background, those of changes do not', () => {
    const one = fixture.menu('one');
    for (const what of ['rest', 'changed', 'timePassed', 'rightsChanged'] as const)
      fixture.news.tell([one], what);
    assert.deepEqual(fixture.end('slices'), ['one changed', 'one rightsChanged']);
    assert.deepEqual(fixture.end('background'), ['one rest', 'one timePassed']);
  });

  it('do not reach a menu that has gone meanwhile', () => {
    const [one, other] = [fixture.menu('one'), fixture.menu('other')];
    fixture.news.tell([one, other], 'changed');
    fixture.news.forget(one);
    assert.deepEqual(fixture.end('slices'), ['other changed']);
  });
});
