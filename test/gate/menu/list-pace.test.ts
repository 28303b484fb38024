import assert from 'node:assert/strict';
import { ListPace } from '../../../server/gate/menu/list-pace.js';

describe('the pace of long lists', () => {
  it('leaves nine tenths of the time to others', () => {
    const pace = new ListPace();
    let [now, busy] = [0, 0];
    for (let at = 0; at < 100; at += 1) {
      now += pace.wait(now);
      now += 50;
      busy += 50;
      pace.made(50, now);
    }
    now += pace.wait(now);
    assert.equal(busy / now, 0.1);
  });

  it('lets nobody wait for more than ten seconds, or for one when rights have changed', () => {
    const pace = new ListPace();
    pace.made(5_000, 100);
    assert.equal(pace.wait(100), 10_000);
    assert.ok(pace.hurry(200));
    assert.equal(pace.wait(200), 1_000);
    assert.ok(!pace.hurry(900));
    assert.equal(pace.wait(900), 300, 'a second change puts it off no further');
    assert.equal(pace.wait(5_000), 0);
  });
});
