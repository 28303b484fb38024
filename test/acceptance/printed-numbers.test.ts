import assert from 'node:assert/strict';
import { printedNumbers } from './printed-numbers.js';

describe('the numbers that a guest printed', () => {
  it('are whole where its kernel spoke within a line, as seen on Xen 4.20', () => {
    const said =
      '200036\r\n200037[   25.692416] clocksource: wd-wd read-back delay only 85299ns, marking tsc unstable\r\n' +
      '[   25.718541] tsc: Marking TSC unstable due to clocksource watchdog\r\n\r\n2000[   26.000000] a\r\n38\r\n';
    assert.deepEqual(printedNumbers(said), ['200036', '200037', '200038']);
  });

  it('are as often there as they were printed', () => {
    assert.deepEqual(printedNumbers('100001\r\n100001\r\n# seq 100003\r\n1000040\r\n'), ['100001', '100001']);
  });
});
